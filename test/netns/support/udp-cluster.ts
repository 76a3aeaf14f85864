/**
 * A world with one UDP Service, `default/dns`, an agent on node 1 that follows it, and pods that say
 * who they are.
 */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostCidr, IP_FAMILIES, type Ip, type IpFamily } from '../../../rules/ip.ts';
import type { ConnectResult } from '../../../scripts/world/host/protocol.ts';
import type { Host } from '../../../scripts/world/host.ts';
import type { Program } from '../../../scripts/world/program.ts';
import { createWorld, type World } from '../../../scripts/world/world.ts';
import { CLUSTER_CIDR, clusterIp, externalIp, nodeIp, podIp } from '../../support/addresses.ts';
import { eventually } from '../../support/eventually.ts';

/** How a client reaches the Service. */
export type Way = 'ClusterIP' | 'NodePort' | 'LoadBalancer';

/** The port at which pods answer. */
export const POD_PORT = 5353;

/** Builds the world; pods 1 to 3 of node 1 can be endpoints, pod 4 and client 1 ask them. */
export async function createUdpCluster(): Promise<UdpCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-udp-'));
  const world = await createWorld({ nodes: [{ pods: 4 }], clients: 1 });
  for (const family of IP_FAMILIES) {
    await world.routeVia(hostCidr(addressOf('LoadBalancer', family)), 1);
  }
  for (const pod of [1, 2, 3]) {
    await world.host(`pod-1-${pod}`).listen({ protocol: 'udp', port: POD_PORT });
  }
  return new UdpCluster(world, folder);
}

/** Where the Service is. */
export function addressOf(way: Way, family: IpFamily): Ip {
  switch (way) {
    case 'ClusterIP':
      return clusterIp(family, 10);
    case 'NodePort':
      return nodeIp(family, 1);
    case 'LoadBalancer':
      return externalIp(family, 10);
  }
}

/** At which port the Service is. */
export function portOf(way: Way): number {
  return way === 'NodePort' ? 30053 : 53;
}
/** The world, its Service and its agent. */
export class UdpCluster {
  readonly world: World;
  readonly #folder: string;
  #agent: Program | undefined;

  constructor(world: World, folder: string) {
    this.world = world;
    this.#folder = folder;
  }

  get node(): Host {
    return this.world.host('node-1');
  }

  /** Starts the agent; it is over the first sync when this resolves. */
  async startAgent(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const cidrs = IP_FAMILIES.map((family) => CLUSTER_CIDR[family]).join();
    const flags = [
      ...['--manifests', this.#folder, '--cluster-cidr', cidrs, '--hostname-override', 'node-1'],
      ...['--iptables-min-sync-period', '0s', '--conntrack-max-per-core', '0'],
    ];
    this.#agent = this.node.spawn(process.execPath, [MAIN, 'run', ...flags], { env });
    await this.#agent.waitForOutput(/ applied .*family=IPv6/);
  }

  /** Ends the agent, without a chance to do anything about it. */
  async killAgent(): Promise<void> {
    this.#agent?.signal('SIGKILL');
    await this.#agent?.ended();
    this.#agent = undefined;
  }

  /** What the agent has logged so far. */
  get log(): string {
    return this.#agent?.stderr ?? '';
  }

  /** Gives the Service these pods of node 1; `undefined`: there is no Service. */
  async serve(pods: readonly number[] | undefined): Promise<void> {
    const items = pods === undefined ? [] : [SERVICE, ...IP_FAMILIES.map((it) => slice(it, pods))];
    const hidden = join(this.#folder, '.next');
    await writeFile(hidden, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await rename(hidden, join(this.#folder, 'objects.json'));
  }

  /** Asks the Service, from the same port each time: to the kernel it is one flow. */
  ask(way: Way, family: IpFamily, sourcePort: number): Promise<ConnectResult> {
    const client = this.world.host(way === 'ClusterIP' ? 'pod-1-4' : 'client-1');
    const target = { ip: addressOf(way, family), port: portOf(way) };
    return client.connect({ protocol: 'udp', ...target, sourcePort, timeoutMs: 300 });
  }

  /** Keeps asking until this pod answers. */
  async askUntil(way: Way, family: IpFamily, sourcePort: number, by: string): Promise<void> {
    await eventually(async () => {
      const result = await this.ask(way, family, sourcePort);
      return result.outcome === 'answered' && result.by === by;
    });
  }

  /** Asks the ClusterIP from one port after another, each a new flow, until this pod answers: at which. */
  async askAnewUntil(family: IpFamily, firstPort: number, by: string): Promise<number> {
    let port = firstPort;
    await eventually(async () => {
      const result = await this.ask('ClusterIP', family, port);
      if (result.outcome === 'answered' && result.by === by) return true;
      port += 1;
      return false;
    });
    return port;
  }

  /** The flows that node 1 tracks, without what changes by itself: `udp src=... id=123`. */
  async flows(family: IpFamily): Promise<string[]> {
    const args = ['-L', '-f', family.toLowerCase(), '-o', 'id'];
    const { stdout } = await this.node.exec('conntrack', args);
    return stdout.split('\n').map((line) => {
      const parts = line.split(' ').filter((part) => /^(src|dst|sport|dport|zone|id)=/.test(part));
      return [line.split(' ')[0], ...parts].join(' ');
    });
  }

  async close(): Promise<void> {
    await this.killAgent();
    await this.world.close();
    await rm(this.#folder, { recursive: true });
  }
}

// --- internal ---

const MAIN = fileURLToPath(new URL('../../../agent/main.ts', import.meta.url));

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name: 'dns' },
  spec: {
    type: 'LoadBalancer',
    clusterIP: clusterIp('IPv4', 10),
    clusterIPs: [clusterIp('IPv4', 10), clusterIp('IPv6', 10)],
    ports: [{ name: 'dns', protocol: 'UDP', port: 53, nodePort: 30053 }],
  },
  status: {
    loadBalancer: { ingress: IP_FAMILIES.map((family) => ({ ip: externalIp(family, 10) })) },
  },
};

function slice(family: IpFamily, pods: readonly number[]): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'default',
      name: `dns-${family.toLowerCase()}`,
      labels: { 'kubernetes.io/service-name': 'dns' },
    },
    addressType: family,
    ports: [{ name: 'dns', protocol: 'UDP', port: POD_PORT }],
    endpoints: pods.map((pod) => ({ addresses: [podIp(family, 1, pod)], nodeName: 'node-1' })),
  };
}
