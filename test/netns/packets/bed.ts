/** A world with servers on its hosts and a cluster for its nodes: where packets are tried out. */
import { IP_FAMILIES, hostCidr } from '../../../rules/ip.ts';
import type { Host } from '../../../scripts/world/host.ts';
import { ROUTER, type WorldSpec } from '../../../scripts/world/topology.ts';
import type { Listener } from '../../../scripts/world/host/protocol.ts';
import { type World, createWorld } from '../../../scripts/world/world.ts';
import { EXTERNAL_CIDR, SERVICE_CIDR } from '../../support/addresses.ts';
import { clusterObjects } from './cluster.ts';
import { type IpPair, ipsOfHost, listOf } from './hosts.ts';
import { ENDPOINT_PORT, OTHER_ENDPOINT_PORT, type TestService } from './service.ts';
import { type ClusterSource, MANIFESTS, type SourceKind } from './source.ts';

/**
 * Builds a world in which every pod, node and client serves ENDPOINT_PORT, pods OTHER_ENDPOINT_PORT
 * too, and the router sends ClusterIPs and external addresses to node 1.
 */
export function createBed(spec: WorldSpec): Promise<Bed>;
/** The same, with another source of the cluster's objects than manifest files. */
export function createBed<S extends ClusterSource>(
  spec: WorldSpec,
  kind: SourceKind<S>,
): Promise<Bed<S>>;
export async function createBed(spec: WorldSpec, kind: SourceKind = MANIFESTS): Promise<Bed> {
  const world = await createWorld(spec);
  try {
    const bed = new Bed(world, await kind.create(nodesOf(world)));
    await bed.furnish();
    return bed;
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** A world, and what is in it besides hosts. */
export class Bed<S extends ClusterSource = ClusterSource> {
  readonly world: World;
  /** Where the agents read the cluster from. */
  readonly source: S;
  /** Node 1 first. */
  readonly nodes: readonly Host[];
  /** What it was last told to hold. */
  services: readonly TestService[] = [];
  #portWindows = 0;

  constructor(world: World, source: S) {
    this.world = world;
    this.source = source;
    this.nodes = nodesOf(world);
  }

  /** Puts servers and routes in place. */
  async furnish(): Promise<void> {
    const servers = [...this.world.hosts.keys()].filter((name) => name !== ROUTER);
    await Promise.all(
      servers.map(async (name) => {
        await this.serve(name, ipsOfHost(name), ENDPOINT_PORT);
        if (name.startsWith('pod-')) await this.serve(name, ipsOfHost(name), OTHER_ENDPOINT_PORT);
      }),
    );
    for (const family of IP_FAMILIES) {
      await this.world.routeVia(SERVICE_CIDR[family], 1);
      await this.world.routeVia(EXTERNAL_CIDR[family], 1);
    }
  }

  /** Gives a host more addresses, and the router a route to them. */
  async addIps(host: string, ips: IpPair): Promise<void> {
    const gateways = ipsOfHost(host);
    for (const family of IP_FAMILIES) {
      const cidr = hostCidr(ips[family]);
      await this.world.host(host).exec('ip', ['address', 'add', cidr, 'dev', 'lo']);
      const route = ['route', 'replace', cidr, 'via', gateways[family]];
      await this.world.host(ROUTER).exec('ip', route);
    }
  }

  /** Has a host answer at these addresses of its own, over TCP and UDP. */
  async serve(host: string, ips: IpPair, port: number): Promise<readonly Listener[]> {
    return Promise.all(
      listOf(ips).flatMap((ip) => [
        this.world.host(host).listen({ protocol: 'tcp', ip, port }),
        this.world.host(host).listen({ protocol: 'udp', ip, port }),
      ]),
    );
  }

  /**
   * Has every host send from ports that none has sent from so far: with a port of before, a UDP
   * packet would belong to the flow of before, and go where that went.
   */
  async takeFreshPorts(): Promise<void> {
    const first = FIRST_PORT + this.#portWindows * PORT_WINDOW;
    if (first + PORT_WINDOW > LAST_PORT) throw new Error('no ports are left that none has used');
    this.#portWindows += 1;
    const range = `${first} ${first + PORT_WINDOW - 1}`;
    const hosts = [...this.world.hosts.values()];
    await Promise.all(
      hosts.map((host) => host.writeSysctls({ 'net/ipv4/ip_local_port_range': range })),
    );
  }

  /** Has the cluster hold its own objects and these Services. */
  async write(services: readonly TestService[]): Promise<void> {
    this.services = services;
    const objects = services.flatMap((service) => service.objects);
    await this.source.write([...clusterObjects(this.nodes.length), ...objects]);
  }

  /** Ends the world and the source. */
  async close(): Promise<void> {
    await this.world.close();
    await this.source.close();
  }
}

// --- internal ---

/** Above every port that is served, node ports too. */
const FIRST_PORT = 33_000;
const LAST_PORT = 65_535;
/** Enough for the connections from one host to one Service between two changes. */
const PORT_WINDOW = 4_000;

function nodesOf({ hosts }: World): Host[] {
  return [...hosts.values()].filter(({ name }) => name.startsWith('node-'));
}
