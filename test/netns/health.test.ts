import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { IP_FAMILIES, joinHostPort, type Ip, type IpFamily } from '../../rules/ip.ts';
import type { Program } from '../../scripts/world/program.ts';
import { createWorld, type World } from '../../scripts/world/world.ts';
import { CLUSTER_CIDR, clusterIp, externalIp, nodeIp, podIp } from '../support/addresses.ts';

const MAIN = join(import.meta.dirname, '../../agent/main.ts');
const CHECK_PORT = 31_000;
const TAKEN_PORT = 31_001;

/** What an HTTP server answered. */
interface Reply {
  readonly status: number;
  readonly weight: string | null;
  readonly text: string;
}

/** Asks until the answer has this status, or nothing listens (0); then prints it. Time is up with mocha's. */
const ASK_UNTIL = `
const [url, wanted] = process.argv.slice(1);
for (;;) {
  let reply = { status: 0, weight: null, text: '' };
  try {
    const response = await fetch(url, { headers: { connection: 'close' } });
    const weight = response.headers.get('x-load-balancing-endpoint-weight');
    reply = { status: response.status, weight, text: await response.text() };
  } catch {}
  if (reply.status === Number(wanted)) {
    console.log(JSON.stringify(reply));
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
}
`;

/** Connects to the health address and says nothing there. */
const CONNECT_AND_STAY = `
require('node:net')
  .connect(10256, process.argv[1], () => console.log('connected'))
  .on('error', () => {});
`;

describe('health on a node', () => {
  let world: World;
  let folder: string;
  const agents: Program[] = [];

  /** Asks from one host, until the answer has this status; 0 means that nothing listens. */
  async function ask(from: string, ip: Ip, port: number, status: number, path = '/') {
    const url = `http://${joinHostPort(ip, port)}${path}`;
    const argv = ['--input-type=module', '-e', ASK_UNTIL, url, String(status)];
    const { stdout } = await world.host(from).exec(process.execPath, argv);
    return JSON.parse(stdout) as Reply;
  }

  async function startAgent(node: number, ...flags: string[]): Promise<Program> {
    const agent = world.host(`node-${node}`).spawn(process.execPath, [
      ...[MAIN, 'run', '--manifests', folder, `--hostname-override=node-${node}`],
      ...[`--cluster-cidr=${CLUSTER_CIDR.IPv4},${CLUSTER_CIDR.IPv6}`],
      // Every second: what could not be listened at is tried again with every sync.
      ...['--iptables-sync-period=1s', '--iptables-min-sync-period=100ms', ...flags],
    ]);
    agents.push(agent);
    await agent.waitForOutput(/applied/);
    return agent;
  }

  /** Replaces the manifest of this name in one step. */
  async function put(name: string, items: readonly object[]): Promise<void> {
    const prepared = join(folder, `.${name}`);
    await writeFile(prepared, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await rename(prepared, join(folder, name));
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-health-'));
    await put('nodes.json', [rawNode(1), rawNode(2)]);
    await put('services.json', [
      rawService('web', 1, CHECK_PORT),
      rawSlice('web', 'IPv4', [
        [1, 1],
        [1, 2],
      ]),
      rawSlice('web', 'IPv6', [[2, 1]]),
    ]);
    world = await createWorld({ nodes: [{ pods: 2 }, { pods: 1 }], clients: 1 });
    await startAgent(1, '--nodeport-addresses=all');
    await startAgent(2);
  });

  after(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('answers the health-check node port of each family with its own endpoints', async () => {
    const overIpv4 = await ask('client-1', nodeIp('IPv4', 1), CHECK_PORT, 200, '/any/path');
    expect(overIpv4.weight).to.equal('2');
    expect(JSON.parse(overIpv4.text)).to.deep.equal({
      service: { namespace: 'default', name: 'web' },
      localEndpoints: 2,
      serviceProxyHealthy: true,
    });
    const overIpv6 = await ask('client-1', nodeIp('IPv6', 1), CHECK_PORT, 503);
    expect(overIpv6.weight).to.equal('0');
    expect((await ask('client-1', nodeIp('IPv6', 2), CHECK_PORT, 200)).weight).to.equal('1');
  });

  it('answers where node ports are reachable, and only there', async () => {
    await ask('node-1', '127.0.0.1' as Ip, CHECK_PORT, 200);
    await ask('node-2', nodeIp('IPv4', 2), CHECK_PORT, 503);
    await ask('node-2', '127.0.0.1' as Ip, CHECK_PORT, 0);
  });

  it('follows the endpoints, and closes with the Service', async () => {
    await put('services.json', [
      rawService('web', 1, CHECK_PORT),
      rawSlice('web', 'IPv4', [[2, 1]]),
      rawSlice('web', 'IPv6', [[1, 1]]),
    ]);
    await ask('client-1', nodeIp('IPv4', 1), CHECK_PORT, 503);
    expect((await ask('client-1', nodeIp('IPv6', 1), CHECK_PORT, 200)).weight).to.equal('1');
    await put('services.json', []);
    for (const family of IP_FAMILIES) await ask('client-1', nodeIp(family, 1), CHECK_PORT, 0);
  });

  it('takes over a port that somebody else had, once it is free', async () => {
    const [agent] = agents;
    const node = world.host('node-1');
    const listener = await node.listen({ protocol: 'tcp', port: TAKEN_PORT });
    await put('services.json', [
      rawService('late', 2, TAKEN_PORT),
      rawSlice('late', 'IPv4', [[1, 1]]),
    ]);
    await agent?.waitForOutput(
      /cannot serve the health-check node port.*default\/late.*EADDRINUSE/,
    );
    await node.closeListener(listener);
    await ask('client-1', nodeIp('IPv4', 1), TAKEN_PORT, 200);
  });

  it('answers load balancers on both families until the node is about to go', async () => {
    const at = (family: IpFamily, status: number, path: string) =>
      ask('client-1', nodeIp(family, 1), 10_256, status, path);
    for (const family of IP_FAMILIES) await at(family, 200, '/healthz');
    await at('IPv4', 200, '/readyz');
    const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }];
    await put('nodes.json', [rawNode(1, { taints }), rawNode(2)]);
    for (const family of IP_FAMILIES) {
      const { text } = await at(family, 503, '/healthz');
      expect(JSON.parse(text)).to.include({ nodeEligible: false, healthy: true });
    }
    await at('IPv4', 200, '/livez');
  });

  it('keeps metrics to the node itself', async () => {
    const { text } = await ask('node-1', '127.0.0.1' as Ip, 10_249, 200, '/metrics');
    expect(text).to.match(/^kubeproxy_sync_proxy_rules_duration_seconds_count\{.*\} [1-9]/m);
    await ask('client-1', nodeIp('IPv4', 1), 10_249, 0);
  });

  it('ends without an error when it is told to, although a client keeps a connection', async () => {
    const [agent] = agents;
    const silent = world
      .host('client-1')
      .spawn(process.execPath, ['-e', CONNECT_AND_STAY, nodeIp('IPv4', 1)]);
    await silent.waitForOutput(/connected/);
    agent?.signal('SIGTERM');
    expect(await agent?.ended()).to.deep.equal({ exitCode: 0, signal: undefined });
    await ask('client-1', nodeIp('IPv4', 1), 10_256, 0);
  });
});

function rawNode(node: number, spec: object = {}): object {
  const addresses = IP_FAMILIES.map((family) => {
    return { type: 'InternalIP', address: nodeIp(family, node) };
  });
  const metadata = { name: `node-${node}` };
  return { apiVersion: 'v1', kind: 'Node', metadata, spec, status: { addresses } };
}

/** A load balancer of both families that keeps the client's address. */
function rawService(name: string, number: number, healthCheckNodePort: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort,
      clusterIPs: IP_FAMILIES.map((family) => clusterIp(family, number)),
      ports: [{ port: 80, nodePort: 30_000 + number }],
    },
    status: {
      loadBalancer: { ingress: IP_FAMILIES.map((family) => ({ ip: externalIp(family, number) })) },
    },
  };
}

/** A slice with these pods, each by the number of its node and its own. */
function rawSlice(service: string, family: IpFamily, pods: readonly [number, number][]): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-${family.toLowerCase()}`,
      labels: { 'kubernetes.io/service-name': service },
    },
    addressType: family,
    ports: [{ port: 8080 }],
    endpoints: pods.map(([node, pod]) => {
      return { addresses: [podIp(family, node, pod)], nodeName: `node-${node}` };
    }),
  };
}
