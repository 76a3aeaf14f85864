/**
 * docs/migrate.md, tried: each way of kube-proxy's to Switchyard and back on a node with traffic. The
 * steps are those of the document, by its names.
 *
 * kube-proxy's rules know one endpoint and Switchyard's two, so that one sees whose rules serve.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { IP_FAMILIES, type Ip, type IpFamily } from '../../rules/ip.ts';
import type { HeldConnection, Host, RunningLoad } from '../../scripts/world/host.ts';
import type { Program } from '../../scripts/world/program.ts';
import { createWorld, type World } from '../../scripts/world/world.ts';
import { CLUSTER_CIDR, clusterIp, nodeIp, podIp } from '../support/addresses.ts';
import { OLD_PROXIES, type OldService } from './support/kube-proxy.ts';

const SERVICE: OldService = {
  clusterIp: (family) => clusterIp(family, 10),
  port: 80,
  nodePort: 30080,
  endpointIp: (family) => podIp(family, 1, 1),
  endpointPort: 8080,
};

/** Who connects to the Service on node 1, and where. */
const ROUTES: readonly {
  readonly from: string;
  readonly ip: (family: IpFamily) => Ip;
  readonly port: number;
}[] = [
  { from: 'pod-1-2', ip: SERVICE.clusterIp, port: SERVICE.port },
  { from: 'node-1', ip: SERVICE.clusterIp, port: SERVICE.port },
  { from: 'client-1', ip: (family) => nodeIp(family, 1), port: SERVICE.nodePort },
];

/** So many that one of two equally likely endpoints is missed once in a million runs. */
const ENOUGH = 20;

describe('a migration with traffic', () => {
  let world: World;
  let node: Host;
  let folder: string;
  let agent: Program | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-migration-'));
    await writeFile(join(folder, 'cluster.json'), JSON.stringify(clusterList()));
    world = await createWorld({ nodes: [{ pods: 2 }, { pods: 1 }], clients: 1 });
    node = world.host('node-1');
    for (const pod of ['pod-1-1', 'pod-2-1']) {
      await world.host(pod).listen({ protocol: 'tcp', port: SERVICE.endpointPort });
    }
  });

  after(async () => {
    await world.close();
    await rm(folder, { recursive: true });
  });

  afterEach(async () => {
    await agent?.stop();
    // A test that failed leaves rules behind.
    await node.exec('nft', ['flush', 'ruleset']);
  });

  for (const { name, takesOverAtOnce, programs, install, cleanUp } of OLD_PROXIES) {
    describe(`between kube-proxy (${name}) and Switchyard`, () => {
      before(`needs ${programs.join(' and ')}`, async function () {
        const results = await Promise.all(
          programs.map((program) => execa(program, ['--version'], { reject: false })),
        );
        if (results.some(({ code }) => code === 'ENOENT')) this.skip();
      });

      it('breaks no connection and fails none on the way there', async () => {
        await install(node, SERVICE);
        expect(await servingPods()).to.deep.equal(['pod-1-1']);
        const traffic = await startTraffic();

        // Start Switchyard, while kube-proxy's rules stay.
        agent = await startAgent();
        expect(await servingPods(), 'both rules').to.deep.equal(['pod-1-1', 'pod-2-1']);
        // Remove kube-proxy's rules.
        await cleanUp(node);
        expect(await servingPods(), 'only ours').to.deep.equal(['pod-1-1', 'pod-2-1']);

        await expectUnharmed(traffic);
      });

      it('breaks no connection and fails none on the way back', async () => {
        agent = await startAgent();
        const traffic = await startTraffic();

        // Start kube-proxy, and stop Switchyard: its rules stay.
        await install(node, SERVICE);
        await agent.stop();
        expect(await servingPods(), 'both rules').to.deep.equal(
          takesOverAtOnce ? ['pod-1-1'] : ['pod-1-1', 'pod-2-1'],
        );
        // Remove Switchyard's rules.
        await removeOurs();
        expect(await servingPods()).to.deep.equal(['pod-1-1']);

        await expectUnharmed(traffic);
        await cleanUp(node);
      });
    });
  }

  interface Traffic {
    readonly held: readonly { readonly route: string; readonly connection: HeldConnection }[];
    readonly loads: readonly { readonly route: string; readonly load: RunningLoad }[];
  }

  /** On every route, in both families: connections that stay and send, and ever new ones. */
  async function startTraffic(): Promise<Traffic> {
    const held = [];
    const loads = [];
    for (const family of IP_FAMILIES) {
      for (const { from, ip, port } of ROUTES) {
        const route = `${from} to ${ip(family)}`;
        const target = { ip: ip(family), port };
        for (let count = 0; count < 4; count++) {
          const connection = await world.host(from).holdOpen({ ...target, intervalMs: 10 });
          held.push({ route, connection });
        }
        const load = await world
          .host(from)
          .load({ ...target, protocol: 'tcp', concurrency: 2, intervalMs: 5 });
        loads.push({ route, load });
      }
    }
    return { held, loads };
  }

  async function expectUnharmed({ held, loads }: Traffic): Promise<void> {
    for (const { route, connection } of held) {
      expect(await connection.release(), route).to.include({ alive: true });
    }
    for (const { route, load } of loads) {
      const { answered, firstFailures } = await load.stop();
      expect(firstFailures, route).to.deep.equal([]);
      expect(answered, route).to.be.greaterThan(0);
    }
  }

  /** Which pods new connections reach; the same on every route and in both families, or it throws. */
  async function servingPods(): Promise<readonly string[]> {
    const reached = await Promise.all(
      IP_FAMILIES.flatMap((family) =>
        ROUTES.map(async ({ from, ip, port }) => {
          const results = await world.host(from).connectMany({
            protocol: 'tcp',
            ip: ip(family),
            port,
            count: ENOUGH,
            concurrency: ENOUGH,
          });
          const pods = results.map((result) =>
            result.outcome === 'answered' ? result.by : result.outcome,
          );
          return [...new Set(pods)].sort().join(' ');
        }),
      ),
    );
    const [pods = '', ...others] = new Set(reached);
    expect(others, 'all routes agree').to.deep.equal([]);
    return pods.split(' ');
  }

  async function startAgent(): Promise<Program> {
    const program = node.spawn(process.execPath, [
      ...['agent/main.ts', 'run', '--manifests', join(folder, 'cluster.json')],
      ...['--hostname-override', 'node-1', '--cluster-cidr', Object.values(CLUSTER_CIDR).join()],
    ]);
    for (const family of IP_FAMILIES) {
      await program.waitForOutput(new RegExp(`applied.*${family}`));
    }
    return program;
  }

  async function removeOurs(): Promise<void> {
    await node.exec(process.execPath, ['agent/main.ts', 'cleanup']);
  }
});

/** The Service as Switchyard sees it: with one more endpoint, on the other node. */
function clusterList() {
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: 'default' },
        spec: {
          type: 'NodePort',
          clusterIP: SERVICE.clusterIp('IPv4'),
          clusterIPs: IP_FAMILIES.map(SERVICE.clusterIp),
          ipFamilies: IP_FAMILIES,
          ports: [
            {
              protocol: 'TCP',
              port: SERVICE.port,
              targetPort: SERVICE.endpointPort,
              nodePort: SERVICE.nodePort,
            },
          ],
        },
      },
      ...IP_FAMILIES.map((family) => ({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `web-${family.toLowerCase()}`,
          namespace: 'default',
          labels: { 'kubernetes.io/service-name': 'web' },
        },
        addressType: family,
        ports: [{ protocol: 'TCP', port: SERVICE.endpointPort }],
        endpoints: [1, 2].map((number) => ({
          addresses: [podIp(family, number, 1)],
          nodeName: `node-${number}`,
          conditions: { ready: true },
        })),
      })),
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'node-1' },
        status: {
          addresses: IP_FAMILIES.map((family) => ({
            type: 'InternalIP',
            address: nodeIp(family, 1),
          })),
        },
      },
    ],
  };
}
