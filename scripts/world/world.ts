import { existsSync, readdirSync } from 'node:fs';
import { execa } from 'execa';
import type { Cidr } from '../../rules/ip.ts';
import { Host } from './host.ts';
import { isPrivate } from './private.ts';
import {
  type IpCommand,
  type NamespacePlan,
  ROUTER,
  type WorldPlan,
  type WorldSpec,
  planWorld,
  routeCommand,
} from './topology.ts';

/** Builds a world, up and routed when the promise resolves; rejects as `World.start` does. */
export async function createWorld(spec: WorldSpec): Promise<World> {
  const world = new World(planWorld(spec));
  await world.start();
  return world;
}

/** Nodes, pods, clients and a router, each a network namespace with a host in it. */
export class World {
  /** By name: `router`, `node-1`, `pod-1-1`, `client-1`, ... */
  readonly hosts: ReadonlyMap<string, Host>;
  readonly #plan: WorldPlan;
  #closed: Promise<void> | undefined;

  constructor(plan: WorldPlan) {
    this.#plan = plan;
    this.hosts = new Map(plan.namespaces.map(({ name }) => [name, new Host(name)]));
  }

  /**
   * Builds everything, or on failure nothing. Rejects outside the private namespaces of
   * `runPrivately`, and where another world stands.
   */
  async start(): Promise<void> {
    if (!isPrivate()) {
      throw new Error('a world is only built in private namespaces: start through runPrivately');
    }
    const standing = namespacesAmong(this.#plan);
    if (standing.length > 0) {
      throw new Error(`another world stands here (${standing.join(', ')}): close it first`);
    }
    try {
      await this.#build();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The host with this name; throws when there is none. */
  host(name: string): Host {
    const host = this.hosts.get(name);
    if (host === undefined) {
      throw new Error(`no host ${name} in this world, only ${[...this.hosts.keys()].join(', ')}`);
    }
    return host;
  }

  /** Has the router send what goes to `cidr` to the node with this number, from now on. */
  async routeVia(cidr: Cidr, node: number): Promise<void> {
    await runBatch([routeCommand(cidr, node)], ROUTER);
  }

  /** Ends every process and removes every namespace. May be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#remove();
    return this.#closed;
  }

  async #build(): Promise<void> {
    const { namespaces, interfaces } = this.#plan;
    await runBatch(namespaces.map(({ name }) => ['netns', 'add', name]));
    // The sysctls come before the interfaces, which begin with what these say.
    await Promise.all(namespaces.map((namespace) => this.#startHost(namespace)));
    await runBatch(interfaces);
    await Promise.all(namespaces.map(({ name, commands }) => runBatch(commands, name)));
  }

  async #startHost({ name, forwards }: NamespacePlan): Promise<void> {
    const host = this.host(name);
    host.start();
    await host.writeSysctls({ ...SYSCTLS, ...(forwards && FORWARDING_SYSCTLS) });
  }

  async #remove(): Promise<void> {
    await Promise.all([...this.hosts.values()].map((host) => host.stop()));
    const names = namespacesAmong(this.#plan);
    await runBatch(names.map((name) => ['netns', 'delete', name]));
  }
}

// --- internal ---

/**
 * Every one of these belongs to its network namespace (kernel 5.13 and later); one that does not,
 * such as `icmp_msgs_per_sec` before 6.13, would change the host.
 */
const SYSCTLS: Readonly<Record<string, string>> = {
  'net/ipv4/conf/all/rp_filter': '0',
  'net/ipv4/conf/default/rp_filter': '0',
  // A bridged pod that learned the direct way to another would go past the node.
  'net/ipv4/conf/all/accept_redirects': '0',
  'net/ipv4/conf/default/accept_redirects': '0',
  'net/ipv6/conf/default/accept_redirects': '0',
  // Link-local addresses are usable at once; ours say nodad themselves.
  'net/ipv6/conf/default/accept_dad': '0',
  // A reject is an ICMP error: unlimited, or the seventh in a row looks like a drop.
  'net/ipv4/icmp_ratemask': '0',
  'net/ipv6/icmp/ratemask': '',
};

const FORWARDING_SYSCTLS: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': '1',
  'net/ipv6/conf/all/forwarding': '1',
  'net/ipv6/conf/default/forwarding': '1',
  'net/ipv4/conf/all/send_redirects': '0',
  'net/ipv4/conf/default/send_redirects': '0',
};

/** Runs all commands in one `ip` process, in the named namespace if given. */
async function runBatch(commands: readonly IpCommand[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ['-netns', namespace];
  const lines = commands.map((words) => `${words.join(' ')}\n`).join('');
  await execa('ip', [...where, '-batch', '-'], { input: lines });
}

/** Where `ip netns` keeps the names. */
const NETNS = '/run/netns';

/** Those of the plan's namespaces that exist. */
function namespacesAmong({ namespaces }: WorldPlan): string[] {
  // The folder comes with the first namespace.
  const existing = existsSync(NETNS) ? readdirSync(NETNS) : [];
  return namespaces.map(({ name }) => name).filter((name) => existing.includes(name));
}
