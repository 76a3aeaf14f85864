/** iptables mode with a running agent: what changes cost, who sticks, and what localhost is open to. */
import { expect } from 'chai';
import { IP_FAMILIES, joinHostPort, type Ip } from '../../rules/ip.ts';
import type { Host } from '../../scripts/world/host.ts';
import { type RunningAgent, runAgentOnce, startAgent } from './packets/agent.ts';
import { type Bed, createBed } from './packets/bed.ts';
import { CLUSTER_CIDR_FLAGS } from './packets/cluster.ts';
import { gatewayIps, ipsOfHost, LOCALHOST } from './packets/hosts.ts';
import { KERNEL_MODES } from './packets/mode.ts';
import { ENDPOINT_PORT, makeService, nodePortOf, type TestService } from './packets/service.ts';
import { addStickyClients, findPins, type Pins, STICKY_CLIENTS } from './packets/stickiness.ts';
import { clusterIpOf, nodePortAt, vipOf } from './packets/target.ts';
import { startTraffic } from './packets/traffic.ts';
import { describeUnless } from './support/iptables-obstacle.ts';

const TARGETS = {
  ClusterIP: clusterIpOf({ number: 1 }),
  'node port': nodePortAt(1, { number: 1 }),
  VIP: vipOf({ number: 1 }),
};

/** Enough for dispatch chains. */
const OTHERS = Array.from({ length: 30 }, (_, i) =>
  makeService({ number: 2 + i, name: `other-${i}`, type: 'LoadBalancer', endpoints: ['pod-1-2'] }),
);

for (const mode of KERNEL_MODES.filter(({ name }) => name.startsWith('iptables-'))) {
  describeUnless(mode.obstacle, `an agent in ${mode.name} mode`, () => {
    let bed: Bed;
    let agent: RunningAgent;
    let pins: Pins;
    const run = () => ({
      source: bed.source.flags,
      flags: [...CLUSTER_CIDR_FLAGS, ...mode.flags],
    });
    const pinsNow = (): Promise<Pins> => findPins(bed, TARGETS);

    before(async () => {
      bed = await createBed({ nodes: [{ pods: 4 }], clients: 1 });
      await addStickyClients(bed);
      await bed.write([sticky('pod-1-1', 'pod-1-2', 'pod-1-3'), ...OTHERS]);
      agent = await startAgent(bed.world.host('node-1'), run());
      await agent.waitForApplied(IP_FAMILIES.length);
      pins = await findPins(bed, TARGETS, 10);
    });
    after(async () => {
      await agent.stop();
      await bed.close();
    });

    it('sticks each client to one endpoint at every address of a Service', () => {
      for (const client of STICKY_CLIENTS) {
        for (const family of IP_FAMILIES) {
          for (const protocol of ['tcp', 'udp']) {
            const own = [...pins].filter(([key]) => key.endsWith(` ${client[family]}`));
            const hosts = own.filter(([key]) => key.includes(` ${protocol} `)).map(([, at]) => at);
            expect(new Set(hosts), `${client[family]} ${protocol}`).to.have.property('size', 1);
            expect(hosts[0]).to.be.oneOf(['pod-1-1', 'pod-1-2', 'pod-1-3']);
          }
        }
      }
      expect(new Set(pins.values())).to.have.property('size', 3);
    });

    it('leaves every client where it is when an endpoint is added', async () => {
      await change(sticky('pod-1-1', 'pod-1-2', 'pod-1-3', 'pod-1-4'));
      expect(await pinsNow()).to.deep.equal(pins);
    });

    it('moves the clients of an endpoint that is gone, and nobody else', async () => {
      await change(sticky('pod-1-2', 'pod-1-3'));
      const moved = await pinsNow();
      for (const [client, before] of pins) {
        const now = moved.get(client);
        if (before === 'pod-1-1') expect(now, client).to.be.oneOf(['pod-1-2', 'pod-1-3']);
        else expect(now, client).to.equal(before);
      }
      pins = moved;
    });

    it('leaves every client where it is when another agent takes over', async () => {
      await agent.kill();
      const log = await runAgentOnce(bed.world.host('node-1'), run());
      expect(log.map(({ msg }) => msg)).not.to.include('applied');
      agent = await startAgent(bed.world.host('node-1'), run());
      expect(await pinsNow()).to.deep.equal(pins);
    });

    it('spares traffic while endpoints and Services come and go', async () => {
      const web = OTHERS[0];
      if (web === undefined) throw new Error('there is no other Service');
      const flows = [
        { from: 'pod-1-3', to: clusterIpOf(web) },
        { from: 'client-1', to: nodePortAt(1, web) },
      ];
      const traffic = await startTraffic(bed.world, flows);
      await traffic.goOn();
      await change(sticky('pod-1-2'), makeService({ ...NUMBERED, endpoints: ['pod-1-1'] }));
      await change(sticky('pod-1-2'));
      await traffic.goOn();
      expect(await traffic.stop()).to.deep.equal({ failures: [], broken: [] });
    });

    it('writes a few chains for one changed endpoint among many Services', async () => {
      const [first, second] = [await change(sticky('pod-1-3')), await change(sticky('pod-1-2'))];
      // Of each family: three chains of each of two ports, those of endpoints, and the hairpins.
      for (const line of [...first, ...second]) {
        const { added = 0, replaced = 0, removed = 0 } = line;
        expect(added + replaced + removed).to.be.within(4, 10);
        expect(line.table).to.equal(undefined);
      }
    });

    it('passes by a host firewall with node ports and health checks', async function () {
      this.timeout(60_000);
      const { world } = bed;
      const [node, client] = [world.host('node-1'), world.host('client-1')];
      const ip = ipsOfHost('node-1').IPv4;
      const toNodePort = { protocol: 'tcp', ip, port: nodePortOf(NUMBERED.number) } as const;
      const iptables = (...args: string[]) => node.exec(mode.name, ['-w', '5', ...args]);
      await change(
        sticky('pod-1-2'),
        makeService({ ...NUMBERED, endpoints: ['pod-1-1'] }),
        CHECKED,
      );
      for (const chain of ['INPUT', 'FORWARD']) await iptables('-P', chain, 'DROP');
      expect(await client.connect(toNodePort)).to.include({ by: 'pod-1-1' });
      expect(await httpStatus(client, ip, CHECK_PORT)).to.equal(200);
      // The rules that are meant, and no others.
      for (const chain of ['KUBE-FORWARD', 'KUBE-NODEPORTS']) await iptables('-F', chain);
      expect(await client.connect(toNodePort)).to.include({ outcome: 'timeout' });
      expect(await httpStatus(client, ip, CHECK_PORT)).to.equal(0);
      for (const chain of ['INPUT', 'FORWARD']) await iptables('-P', chain, 'ACCEPT');
    });

    it('serves node ports at 127.0.0.1, and opens nothing else there to others', async () => {
      const { world } = bed;
      const [node, neighbour] = [world.host('node-1'), world.host('pod-1-4')];
      const toLocalhost = { protocol: 'tcp', ip: LOCALHOST.IPv4, port: ENDPOINT_PORT } as const;
      await bed.serve('node-1', LOCALHOST, ENDPOINT_PORT);
      const nodePort = { ...toLocalhost, port: nodePortOf(OTHERS[0]?.number ?? 0) };
      expect(await node.connect(nodePort)).to.include({ outcome: 'answered', by: 'pod-1-2' });
      await leadLocalhostTo(gatewayIps(1).IPv4, neighbour);
      expect(await neighbour.connect(toLocalhost)).to.include({ outcome: 'timeout' });
      // Only that one rule stands in the way.
      await node.exec(mode.name, ['-w', '5', '-F', 'KUBE-FIREWALL']);
      expect(await neighbour.connect(toLocalhost)).to.include({
        outcome: 'answered',
        by: 'node-1',
      });
    });

    async function change(...services: TestService[]) {
      const applied = agent.applied.length;
      await bed.write([...services, ...OTHERS]);
      await agent.waitForApplied(applied + IP_FAMILIES.length);
      return agent.applied.slice(applied);
    }
  });
}

// --- internal ---

const NUMBERED = { number: 60, name: 'passing', type: 'LoadBalancer' } as const;

const CHECK_PORT = 31_900;

const CHECKED = makeService({
  number: 61,
  name: 'checked',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1'],
  spec: { externalTrafficPolicy: 'Local', healthCheckNodePort: CHECK_PORT },
});

/** What an HTTP server answers; 0 if nobody does. */
async function httpStatus(from: Host, ip: Ip, port: number): Promise<number> {
  const url = JSON.stringify(`http://${joinHostPort(ip, port)}`);
  const ask = `fetch(${url}, { signal: AbortSignal.timeout(1500) })
    .then(({ status }) => console.log(status), () => console.log(0))`;
  return Number((await from.exec(process.execPath, ['-e', ask])).stdout);
}

/** Makes a host send what is for 127.0.0.1 to its neighbour, and take the answers (CVE-2020-8558). */
async function leadLocalhostTo(neighbour: Ip, host: Host): Promise<void> {
  await host.writeSysctls({ 'net/ipv4/conf/all/route_localnet': '1' });
  await host.exec('ip', ['-4', 'address', 'flush', 'dev', 'lo']);
  await host.exec('ip', ['route', 'add', LOCALHOST.IPv4, 'via', neighbour]);
}

function sticky(...endpoints: string[]): TestService {
  return makeService({
    number: 1,
    name: 'sticky',
    type: 'LoadBalancer',
    endpoints,
    spec: {
      externalTrafficPolicy: 'Local',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
    },
  });
}
