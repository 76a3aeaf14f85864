import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { execa } from 'execa';
import { IP_FAMILIES, type Ip, type IpFamily, hostCidr } from '../../rules/ip.ts';
import type { ConnectResult, SocketProtocol } from '../../scripts/world/host/protocol.ts';
import { podCidr } from '../../scripts/world/topology.ts';
import { World, createWorld } from '../../scripts/world/world.ts';
import { clientIp, clusterIp, externalIp, nodeIp, podIp } from '../support/addresses.ts';
import { rejectionOf } from './support/rejection.ts';

const PORT = 8080;

/** Enough where the kernel answers at once or never: everywhere but for IPv6 TCP connects. */
const SHORT_MS = 300;

const KINDS: { family: IpFamily; protocol: SocketProtocol }[] = IP_FAMILIES.flatMap((family) => [
  { family, protocol: 'tcp' },
  { family, protocol: 'udp' },
]);

/** Who reaches whom, and is seen there with which address. */
const PATHS: readonly {
  readonly name: string;
  readonly from: string;
  readonly to: (family: IpFamily) => Ip;
  readonly by: string;
  readonly source: (family: IpFamily) => Ip;
}[] = [
  {
    name: 'a pod reaches a pod on the same bridge',
    from: 'pod-1-1',
    to: (family) => podIp(family, 1, 2),
    by: 'pod-1-2',
    source: (family) => podIp(family, 1, 1),
  },
  {
    name: 'a pod reaches a pod on the same node through routed links',
    from: 'pod-2-1',
    to: (family) => podIp(family, 2, 2),
    by: 'pod-2-2',
    source: (family) => podIp(family, 2, 1),
  },
  {
    name: 'a bridged pod reaches a pod on another node',
    from: 'pod-1-2',
    to: (family) => podIp(family, 2, 1),
    by: 'pod-2-1',
    source: (family) => podIp(family, 1, 2),
  },
  {
    name: 'a routed pod reaches a pod on another node',
    from: 'pod-2-1',
    to: (family) => podIp(family, 1, 2),
    by: 'pod-1-2',
    source: (family) => podIp(family, 2, 1),
  },
  {
    name: 'a pod reaches another node',
    from: 'pod-1-1',
    to: (family) => nodeIp(family, 2),
    by: 'node-2',
    source: (family) => podIp(family, 1, 1),
  },
  {
    name: 'a node reaches its own pod from its address among the pods',
    from: 'node-2',
    to: (family) => podIp(family, 2, 1),
    by: 'pod-2-1',
    source: (family) => podIp(family, 2, 0),
  },
  {
    name: "a node reaches another node's pod from its own address",
    from: 'node-1',
    to: (family) => podIp(family, 2, 2),
    by: 'pod-2-2',
    source: (family) => nodeIp(family, 1),
  },
  {
    name: 'a client reaches a node through the router',
    from: 'client-1',
    to: (family) => nodeIp(family, 1),
    by: 'node-1',
    source: (family) => clientIp(family, 1),
  },
];

describe('a world of namespaces', () => {
  let world: World;

  before(async () => {
    world = await createWorld({
      nodes: [{ pods: 2 }, { pods: 2, podNetwork: 'ptp' }],
      clients: 1,
    });
    for (const host of world.hosts.values()) {
      await host.listen({ protocol: 'tcp', port: PORT });
      await host.listen({ protocol: 'udp', port: PORT });
    }
  });

  after(() => world.close());

  for (const { name, from, to, by, source } of PATHS) {
    it(name, async () => {
      for (const { family, protocol } of KINDS) {
        const result = await world.host(from).connect({ protocol, ip: to(family), port: PORT });
        expect(result, `${protocol} ${family}`).to.deep.include({
          outcome: 'answered',
          by,
          port: PORT,
          source: source(family),
        });
      }
    });
  }

  it('is built with every interface up, so that not even a first datagram is lost', async () => {
    for (const host of world.hosts.values()) {
      const { stdout } = await host.exec('ip', ['-brief', 'link']);
      expect(stdout, host.name).not.to.match(/ (DOWN|LOWERLAYERDOWN) /);
    }
  });

  it('lets a client reach pods once the router has a route to them', async () => {
    for (const family of IP_FAMILIES) {
      const request = { protocol: 'tcp', ip: podIp(family, 1, 1), port: PORT } as const;
      expect(await world.host('client-1').connect(request)).to.deep.equal({
        outcome: 'error',
        code: 'ENETUNREACH',
      });
      await world.routeVia(podCidr(family, 1), 1);
      expect(await world.host('client-1').connect(request)).to.include({
        outcome: 'answered',
        by: 'pod-1-1',
        source: clientIp(family, 1),
      });
    }
  });

  describe('with hand-written rules on node 1', () => {
    before(async () => {
      for (const family of IP_FAMILIES) {
        for (const number of [1, 2]) await world.routeVia(hostCidr(externalIp(family, number)), 1);
      }
      const input = IP_FAMILIES.map(handWrittenTable).join('');
      await world.host('node-1').exec('nft', ['-f', '-'], { input });
    });

    for (const { family, protocol } of KINDS) {
      const connect = (from: string, ip: Ip, timeoutMs?: number): Promise<ConnectResult> => {
        return world
          .host(from)
          .connect({ protocol, ip, port: PORT, ...(timeoutMs !== undefined && { timeoutMs }) });
      };

      it(`sees the client behind DNAT, and the node behind masquerade (${protocol}, ${family})`, async () => {
        expect(await connect('client-1', externalIp(family, 1))).to.include({
          by: 'pod-1-1',
          source: clientIp(family, 1),
        });
        expect(await connect('client-1', externalIp(family, 2))).to.include({
          by: 'pod-2-1',
          source: nodeIp(family, 1),
        });
      });

      it(`lets a pod reach a pod on its bridge through DNAT (${protocol}, ${family})`, async () => {
        expect(await connect('pod-1-2', clusterIp(family, 1))).to.include({
          by: 'pod-1-1',
          source: podIp(family, 1, 2),
        });
      });

      it(`lets a pod reach itself through DNAT and masquerade (${protocol}, ${family})`, async () => {
        expect(await connect('pod-1-1', clusterIp(family, 1))).to.include({
          by: 'pod-1-1',
          source: podIp(family, 1, 0),
        });
      });

      it(`tells reject from drop, from a pod and from the node (${protocol}, ${family})`, async () => {
        const timeoutMs = protocol === 'tcp' && family === 'IPv6' ? undefined : SHORT_MS;
        const results = await Promise.all([
          connect('pod-1-1', clusterIp(family, 2), timeoutMs),
          connect('node-1', clusterIp(family, 2), timeoutMs),
          connect('pod-1-1', clusterIp(family, 3), timeoutMs),
          connect('node-1', clusterIp(family, 3), timeoutMs),
        ]);
        expect(results.map(({ outcome }) => outcome)).to.deep.equal([
          ...['rejected', 'rejected'],
          ...['timeout', 'timeout'],
        ]);
      });
    }

    it('has rejects told every time, however many there are', async () => {
      for (const family of IP_FAMILIES) {
        const results = await world.host('pod-1-1').connectMany({
          ...{ protocol: 'udp', ip: clusterIp(family, 2), port: PORT },
          ...{ count: 100, concurrency: 10, timeoutMs: SHORT_MS },
        });
        expect(results).to.deep.equal(Array(100).fill({ outcome: 'rejected' }));
      }
    });
  });

  it('refuses to be built where another world stands', async () => {
    const message = await rejectionOf(createWorld({ nodes: [], clients: 1 }));
    expect(message).to.equal('another world stands here (router, client-1): close it first');
    expect((await world.host('client-1').exec('ip', ['link'])).stdout).to.include('eth0');
  });

  it('names its hosts when asked for one that it does not have', () => {
    expect(() => world.host('pod-3-1')).to.throw(
      'no host pod-3-1 in this world, only router, node-1',
    );
  });
});

describe('a closed world', () => {
  it('leaves no process, namespace or interface behind', async () => {
    const world = await createWorld({ nodes: [{ pods: 1 }], clients: 1 });
    const running = world.host('node-1').spawn('sleep', ['1000']).ended();
    const hanging = rejectionOf(world.host('node-1').exec('sleep', ['1000']));
    await Promise.all([world.close(), world.close()]);
    expect(await running).to.include({ signal: 'SIGTERM' });
    expect(await hanging).to.include('canceled');
    expect(await leftovers()).to.deep.equal(NOTHING);
  });

  it('leaves nothing behind when its creation fails half-way', async () => {
    const commands = [['link', 'set', 'no-such-device', 'up']];
    const plan = { namespaces: [{ name: 'half', forwards: false, commands }], interfaces: [] };
    const message = await rejectionOf(new World(plan).start());
    expect(message).to.include('Cannot find device "no-such-device"');
    expect(await leftovers()).to.deep.equal(NOTHING);
  });

  it('has hosts that say they are not running', async () => {
    const world = await createWorld({ nodes: [], clients: 1 });
    await world.close();
    const connecting = world.host('client-1').listen({ protocol: 'tcp', port: PORT });
    expect(await rejectionOf(connecting)).to.equal('listen: host client-1 is not running');
  });
});

// --- internal ---

/** External 1 -> pod-1-1; external 2 -> pod-2-1, masqueraded; ClusterIP 1 -> pod-1-1; 2 rejects; 3 drops. */
function handWrittenTable(family: IpFamily): string {
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  return `
    table ${ip} by-hand {
      chain nat-prerouting {
        type nat hook prerouting priority dstnat;
        ${ip} daddr { ${externalIp(family, 1)}, ${clusterIp(family, 1)} } dnat to ${podIp(family, 1, 1)}
        ${ip} daddr ${externalIp(family, 2)} dnat to ${podIp(family, 2, 1)}
      }
      chain nat-postrouting {
        type nat hook postrouting priority srcnat;
        ct original ${ip} daddr ${externalIp(family, 2)} masquerade
        ${ip} saddr ${podIp(family, 1, 1)} ${ip} daddr ${podIp(family, 1, 1)} masquerade
      }
      chain verdicts {
        ${ip} daddr ${clusterIp(family, 2)} reject
        ${ip} daddr ${clusterIp(family, 3)} drop
      }
      chain filter-forward {
        type filter hook forward priority filter;
        jump verdicts
      }
      chain filter-output {
        type filter hook output priority filter;
        jump verdicts
      }
    }
  `;
}

const NOTHING = { namespaces: [], links: ['lo'], processes: [] };

async function leftovers(): Promise<{
  namespaces: string[];
  links: string[];
  processes: string[];
}> {
  const { stdout: links } = await execa('ip', ['-brief', 'link']);
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8');
  return {
    namespaces: readdirSync('/run/netns'),
    links: links.split('\n').map((line) => line.split(/[ @]/)[0] ?? ''),
    processes: children.split(' ').filter((pid) => pid !== ''),
  };
}
