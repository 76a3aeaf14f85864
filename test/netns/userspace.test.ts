/** The userspace proxy's ways in, besides the packet table: restarts, guards, localhost, no redirect. */
import { expect } from 'chai';
import { IP_FAMILIES, type IpFamily, joinHostPort } from '../../rules/ip.ts';
import type { RunningLoad } from '../../scripts/world/host.ts';
import type { LoadFailure } from '../../scripts/world/host/protocol.ts';
import { type RunningAgent, startAgent, waitUntilReady } from './packets/agent.ts';
import { type Bed, createBed } from './packets/bed.ts';
import { CLUSTER_CIDR_FLAGS } from './packets/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { ipsOfHost, LOCALHOST } from './packets/hosts.ts';
import { kernelOf } from './packets/kernel.ts';
import { masqueraded, type Expected } from './packets/row.ts';
import { expectedObservations, sendRow } from './packets/send.ts';
import { makeService, nodePortOf } from './packets/service.ts';
import { addStickyClients, findPins } from './packets/stickiness.ts';
import {
  clusterIpOf,
  nodePortAt,
  nodePortAtIps,
  type Target,
  through,
  vipOf,
} from './packets/target.ts';

const WEB = makeService({
  number: 1,
  name: 'web',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1', 'pod-1-2'],
});

const STICKY = makeService({
  number: 2,
  name: 'sticky',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1', 'pod-1-2'],
  spec: { sessionAffinity: 'ClientIP' },
});

const TOLD = makeService({
  number: 3,
  name: 'told',
  endpoints: ['pod-1-3'],
  ports: [{ protocol: 'TCP', targetPort: 9_100 }],
  metadata: { annotations: { 'switchyard.dev/proxy-protocol': 'v2' } },
});

const FRAGILE = makeService({
  number: 4,
  name: 'fragile',
  endpoints: ['pod-1-1', 'pod-1-2'],
  ports: [{ protocol: 'TCP', targetPort: 9_000 }],
});

/** Longer than an agent takes to start on a busy machine. */
const PATIENCE_MS = 60_000;

describe('the userspace proxy', function () {
  this.timeout(PATIENCE_MS);
  let bed: Bed;
  let agent: RunningAgent | undefined;

  before(async () => {
    bed = await createBed({ nodes: [{ pods: 4 }], clients: 1 });
    await bed.write([WEB, STICKY, TOLD, FRAGILE]);
  });
  after(async () => {
    await agent?.stop();
    await bed.close();
  });

  async function start(...flags: string[]): Promise<void> {
    agent = await startAgent(bed.world.host('node-1'), {
      source: bed.source.flags,
      flags: [...CLUSTER_CIDR_FLAGS, ...flags],
    });
    await waitUntilReady(bed.world.host('node-1'));
  }

  async function expectThat(from: string, to: Target, expected: Expected): Promise<void> {
    const row = { name: `${from} sends`, from, to, expected };
    expect(await sendRow(bed.world, row)).to.deep.equal(expectedObservations(row));
  }

  /** New connections all the time, to a ClusterIP, a VIP and a node port, until `meanwhile` is over. */
  async function failuresDuring(
    meanwhile: () => Promise<void>,
    leftOut?: string,
  ): Promise<LoadFailure[]> {
    const allPaths = [
      { from: 'pod-1-4', to: clusterIpOf(WEB) },
      { from: 'client-1', to: vipOf(WEB) },
      { from: 'client-1', to: nodePortAt(1, WEB) },
      { from: 'node-1', to: clusterIpOf(WEB) },
    ];
    const paths = allPaths.filter(({ from }) => from !== leftOut);
    const loads = await Promise.all(
      paths.flatMap(({ from, to: { ips, port } }) =>
        IP_FAMILIES.map((family) =>
          bed.world.host(from).load({
            ...{ protocol: 'tcp', ip: ips[family], port, concurrency: 2 },
            ...{ intervalMs: 20, timeoutMs: PATIENCE_MS },
          }),
        ),
      ),
    );
    // Under way when it happens, and after it: a connection that waited has to be answered.
    await answeredMore(loads);
    await meanwhile();
    await answeredMore(loads);
    const reports = await Promise.all(loads.map((load) => load.stop()));
    return reports.flatMap(({ firstFailures }) => firstFailures);
  }

  describe('behind an nftables table', () => {
    before(() => start('--proxy-mode', 'userspace'));

    it('fails no new connection while the agent ends and the next one starts', async () => {
      const failures = await failuresDuring(async () => {
        await agent?.stop();
        await start('--proxy-mode', 'userspace');
      });
      expect(failures).to.deep.equal([]);
    });

    it('refuses no connection when the agent is killed and the next one starts', async () => {
      const failures = await failuresDuring(async () => {
        await agent?.kill();
        await start('--proxy-mode', 'userspace');
      });
      // Those that had been let in, by the agent or by the kernel for it, end with the process.
      const refused = failures.filter(({ result }) => result.outcome !== 'error');
      expect(refused).to.deep.equal([]);
    });

    for (const family of IP_FAMILIES) {
      it(`is not reached but by way of a Service (${family})`, async () => {
        await expectGuarded(family, await listenersOf(family));
      });
    }

    it('sees the addresses of clients, and keeps each with its endpoint', async () => {
      await addStickyClients(bed);
      const pins = await findPins(bed, { VIP: vipOf(STICKY) });
      expect(new Set(pins.values())).to.have.all.keys('pod-1-1', 'pod-1-2');
    });

    it('fails no connection while an endpoint is gone and nobody has said so', async () => {
      const serve = (pod: string) => bed.serve(pod, ipsOfHost(pod), 9_000);
      await serve('pod-1-2');
      let listeners = await serve('pod-1-1');
      const { ips, port } = clusterIpOf(FRAGILE);
      const client = bed.world.host('pod-1-4');
      const request = {
        protocol: 'tcp',
        ip: ips.IPv4,
        port,
        concurrency: 4,
        intervalMs: 10,
      } as const;
      const load = await client.load(request);
      for (let round = 0; round < 3; round++) {
        await answeredMore([load]);
        for (const each of listeners) await bed.world.host('pod-1-1').closeListener(each);
        await answeredMore([load]);
        listeners = await serve('pod-1-1');
      }
      const { firstFailures, answeredBy } = await load.stop();
      expect(firstFailures).to.deep.equal([]);
      expect(answeredBy).to.have.all.keys('pod-1-1', 'pod-1-2');
    });

    it("tells endpoints the client's address by a PROXY protocol header where it is asked to", async () => {
      const server = bed.world.host('pod-1-3').spawn(process.execPath, ['-e', PRINT_FIRST_BYTES]);
      await server.waitForOutput(/listening/);
      const { ips, port } = through(1, clusterIpOf(TOLD));
      const client = bed.world.host('client-1');
      await client.connect({ protocol: 'tcp', ip: ips.IPv4, port });
      await server.waitForOutput(/[0-9a-f]{32}/);
      const address = Buffer.from(ipsOfHost('client-1').IPv4.split('.').map(Number));
      expect(server.stdout).to.include(
        `0d0a0d0a000d0a515549540a2111000c${address.toString('hex')}`,
      );
    });
  });

  describe('behind iptables chains', () => {
    const flags = [
      ...['--proxy-mode', 'userspace', '--userspace-redirect', 'iptables'],
      ...['--iptables-variant', 'nft', '--nodeport-addresses', 'primary,localhost'],
    ];

    before(async () => {
      await agent?.stop();
      await start(...flags);
    });

    // Before that a datagram may meet the rules of both ways, and those of one lead to the agent before.
    it('takes the place of the nftables table', () =>
      eventually(hasNoTable, () => 'the nftables table to be removed'));

    it('serves ClusterIPs, VIPs and node ports', async () => {
      const expected = masqueraded('pod-1-1', 'pod-1-2');
      await expectThat('pod-1-4', clusterIpOf(WEB), expected);
      await expectThat('node-1', clusterIpOf(WEB), expected);
      await expectThat('client-1', vipOf(WEB), expected);
      await expectThat('client-1', nodePortAt(1, WEB), expected);
    });

    it('serves localhost by listening there, in both families, and by no rule', async () => {
      await expectThat('node-1', nodePortAtIps(LOCALHOST, WEB), masqueraded('pod-1-1', 'pod-1-2'));
      const setting = await bed.world.host('node-1').exec('cat', [ROUTE_LOCALNET]);
      expect(setting.stdout.trim()).to.equal('0');
    });

    it('fails no new connection while the agent ends, and changes nothing about where it listens', async () => {
      const chains = await natRules();
      expect(chains).to.include('--to-destination');
      const failures = await failuresDuring(async () => {
        await agent?.stop();
        await start(...flags);
      });
      expect(failures).to.deep.equal([]);
      expect(await natRules()).to.equal(chains);
    });

    for (const family of IP_FAMILIES) {
      it(`is not reached but by way of a Service (${family})`, async () => {
        await expectGuarded(family, destinationsIn(await natRules(family)));
      });
    }
  });

  describe('without a redirect', () => {
    before(async () => {
      await agent?.stop();
      await start('--proxy-mode', 'userspace', '--userspace-redirect', 'none');
    });

    it('serves node ports', async () => {
      await expectThat('client-1', nodePortAt(1, WEB), masqueraded('pod-1-1', 'pod-1-2'));
    });

    it('leaves no chains of iptables', async () => {
      await eventually(
        async () => !(await natRules()).includes('KUBE-'),
        () => 'the chains to be removed',
      );
    });

    it('leaves no rules, and says what is not served', async () => {
      expect(await hasNoTable()).to.equal(true);
      const said = (agent?.log ?? []).filter(({ level }) => level === 'warn').map(({ msg }) => msg);
      expect(said.join()).to.include('only node ports are served');
    });
  });

  describe('in nftables mode', () => {
    before(async () => {
      await agent?.stop();
      await start('--nodeport-addresses', 'localhost,primary');
    });

    it('serves node ports at localhost, where it was asked for', async () => {
      const { ips, port } = nodePortAtIps(LOCALHOST, WEB);
      for (const family of IP_FAMILIES) {
        for (const protocol of ['tcp', 'udp'] as const) {
          const request = { protocol, ip: ips[family], port, count: 10, concurrency: 1 };
          const results = await bed.world.host('node-1').connectMany(request);
          const hosts = results.map((result) => ('by' in result ? result.by : result.outcome));
          expect(new Set(hosts), `${protocol} ${family}`).to.have.all.keys('pod-1-1', 'pod-1-2');
        }
      }
    });

    it('hands over to userspace mode and takes over again, and fails no client of other hosts', async () => {
      const failures = await failuresDuring(async () => {
        await agent?.stop();
        await start('--proxy-mode', 'userspace');
        await agent?.stop();
        await start('--nodeport-addresses', 'localhost,primary');
        // The node's own connections that waited keep the way to a listener that is gone: refused once.
      }, 'node-1');
      expect(failures).to.deep.equal([]);
      await expectThat('client-1', vipOf(WEB), masqueraded('pod-1-1', 'pod-1-2'));
    });

    it('leaves everything else to the rules', async () => {
      const listening = await bed.world.host('node-1').exec('ss', ['-Hltun']);
      const nodePorts = listening.stdout
        .split('\n')
        .filter((line) => line.includes(`:${nodePortOf(WEB.number)} `));
      for (const line of nodePorts) expect(line).to.match(/ (127\.0\.0\.1|\[::1\]):/);
      expect(nodePorts).to.have.lengthOf(4);
    });
  });

  /**
   * Expects whoever connects to these listeners to be refused, though they listen. All at once: a reject that
   * comes while the kernel still has the client's socket locked is lost (TcpExtLockDroppedIcmps), as on the
   * way through one machine, and the client hears of the next one, after a second.
   */
  async function expectGuarded(family: IpFamily, listeners: readonly Listening[]): Promise<void> {
    const ip = ipsOfHost('node-1')[family];
    const { stdout } = await bed.world.host('node-1').exec('ss', ['-Hltun']);
    expect(listeners).not.to.be.empty;
    for (const { port } of listeners) expect(stdout).to.include(` ${joinHostPort(ip, port)} `);
    const attempts = listeners.flatMap(({ protocol, port }) =>
      ['client-1', 'pod-1-4', 'node-1'].map(async (from) => {
        const result = await bed.world.host(from).connect({ protocol, ip, port });
        expect(result.outcome, `${protocol} ${port} from ${from}`).to.equal('rejected');
      }),
    );
    await Promise.all(attempts);
  }

  /** The rules of the nft variant's table nat on the node. */
  async function natRules(family: IpFamily = 'IPv4'): Promise<string> {
    const program = family === 'IPv4' ? 'iptables-nft' : 'ip6tables-nft';
    return (await bed.world.host('node-1').exec(program, ['-t', 'nat', '-S'])).stdout;
  }

  async function hasNoTable(): Promise<boolean> {
    const kernel = kernelOf(bed.world.host('node-1'));
    const tables = await Promise.all(IP_FAMILIES.map((family) => kernel.readTable(family)));
    return tables.every((table) => table === undefined);
  }

  /** What an agent's table says of its listeners. */
  async function listenersOf(family: IpFamily): Promise<Listening[]> {
    const table = await kernelOf(bed.world.host('node-1')).readTable(family);
    return [...(table?.contents.get('listeners')?.keys() ?? [])].map((key) => {
      const [, protocol, port] = key.split(' . ');
      return { protocol: protocol === 'udp' ? 'udp' : 'tcp', port: Number(port) };
    });
  }
});

// --- internal ---

const ROUTE_LOCALNET = '/proc/sys/net/ipv4/conf/all/route_localnet';

/** A listener of the proxy. */
interface Listening {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

/** Where rules translate to. */
function destinationsIn(rules: string): Listening[] {
  return [...rules.matchAll(/ -p (tcp|udp) .*--to-destination \S+:(\d+)$/gm)].map(
    ([, protocol, port]) => ({ protocol: protocol === 'udp' ? 'udp' : 'tcp', port: Number(port) }),
  );
}

/** Resolves once each load had some more connections answered. */
async function answeredMore(loads: readonly RunningLoad[]): Promise<void> {
  const answered = async (): Promise<number[]> => {
    const reports = await Promise.all(loads.map((load) => load.report()));
    return reports.map((report) => report.answered);
  };
  const before = await answered();
  await eventually(
    async () => (await answered()).every((count, index) => count > (before[index] ?? 0) + 5),
    () => 'new connections along every path',
  );
}

const PRINT_FIRST_BYTES = `
require('node:net').createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (data) => { console.log(data.toString('hex')); socket.end(); });
}).listen(9100, '0.0.0.0', () => console.log('listening'));`;
