/** The ways by which clients come to listeners of the userspace proxy. */
import {
  cidrContains,
  familyOf,
  isLoopback,
  networkOf,
  type Ip,
  type IpFamily,
} from '../../rules/ip.ts';
import type { ListenerGuard, RuleSettings } from '../../rules/settings.ts';
import { PortAllocation, type PortRange } from '../../rules/userspace/port-allocation.ts';
import {
  nodePortListeners,
  redirectedListeners,
  redirectedPort,
  type FoundListener,
  type ListenerDefaults,
  type PortOf,
} from '../../rules/userspace/service-listeners.ts';
import type { WayIn } from './listener-sync.ts';
import type { Proxier } from './proxier.ts';

/** What all ways are made of. */
export interface WayOptions {
  readonly settings: RuleSettings;
  readonly defaults: ListenerDefaults;
}

/**
 * Every frontend, by rules that translate to a listener's address. The ports of listeners are chosen
 * here: `known` are those that rules lead to already, by listener id. `portOf` tells where one listens.
 */
export function redirectWay(
  options: WayOptions & {
    readonly rules?: Proxier;
    readonly guard: ListenerGuard;
    readonly range: PortRange;
    readonly known: Iterable<FoundListener>;
    readonly portOf: PortOf;
  },
): WayIn {
  const { rules, guard, range, portOf, defaults } = options;
  const ports = { tcp: new PortAllocation(range), udp: new PortAllocation(range) };
  const adopted = new Map<string, number>();
  for (const [protocol, id, port] of options.known) {
    if (protocol === 'sctp') continue;
    ports[protocol].adopt(id, port);
    adopted.set(id, port);
  }
  let { settings } = options;
  return {
    rules,
    listenersOf(port) {
      if (port.protocol === 'sctp') return [];
      const allocation = ports[port.protocol];
      const allocate: PortOf = (id) => allocation.allocate(id);
      return [
        ...redirectedListeners(port, listenerIp(settings), allocate, defaults),
        ...nodePortListeners(port, loopbackIps(settings), defaults),
      ];
    },
    ruled: (port) => redirectedPort(port, listenerIp(settings), portOf),
    configure(changed) {
      const before = settings;
      settings = changed;
      for (const allocation of Object.values(ports)) allocation.reconsider();
      rules?.configure({ ...settings, listenerGuard: guard });
      return placesIn(before) !== placesIn(settings);
    },
    async close() {
      rules?.configure({ ...settings, listenerGuard: 'closed' });
      await rules?.sync();
    },
    yield({ id, protocol, ips }) {
      if (ips.some(isLoopback)) return false;
      ports[protocol].reject(id);
      return true;
    },
    release({ id, protocol }) {
      ports[protocol].release(id);
    },
    isAdopted: ({ id, port }) => adopted.get(id) === port,
  };
}

/** Node ports only, listened at directly; no rules. `localIps` are this node's addresses, now. */
export function nodePortWay(
  options: WayOptions & { readonly family: IpFamily; readonly localIps: () => Iterable<Ip> },
): WayIn {
  const { family, localIps, defaults } = options;
  const ipsOf = (settings: RuleSettings): Ip[] => {
    const own = [...localIps()].filter((ip) => familyOf(ip) === family && !isLinkLocal(ip));
    return own.filter((ip) => isNodePortIp(ip, settings)).sort();
  };
  let ips = ipsOf(options.settings);
  return {
    rules: undefined,
    listenersOf: (port) => nodePortListeners(port, ips, defaults),
    ruled: (port) => port,
    configure(settings) {
      const before = ips;
      ips = ipsOf(settings);
      return before.join() !== ips.join();
    },
    ...FIXED_PORTS,
  };
}

/** Node ports at localhost, which rules cannot serve; everything else goes by the rules alone. */
export function localhostWay(options: WayOptions & { readonly rules: Proxier }): WayIn {
  const { rules, defaults } = options;
  let ips = loopbackIps(options.settings);
  return {
    rules,
    listenersOf: (port) => nodePortListeners(port, ips, defaults),
    ruled: (port) => port,
    configure(settings) {
      const before = ips;
      ips = loopbackIps(settings);
      rules.configure(settings);
      return before.join() !== ips.join();
    },
    ...FIXED_PORTS,
  };
}

/**
 * The loopback address at which node ports are wanted: only where localhost was asked for by name, not
 * where every address was (behaviour document, section 4.11).
 */
export function loopbackIps({ nodePorts }: RuleSettings): Ip[] {
  if (nodePorts.matchAll) return [];
  const base = nodePorts.cidrs.map(networkOf).find(isLoopback);
  if (base === undefined) return [];
  return [(familyOf(base) === 'IPv4' ? '127.0.0.1' : '::1') as Ip];
}

// --- internal ---

/** Ports that are not ours to choose, with no rules that could hold anybody back. */
const FIXED_PORTS = {
  close: () => Promise.resolve(),
  yield: () => false,
  release: () => undefined,
  isAdopted: () => false,
} as const;

/** What listeners' addresses depend on. */
function placesIn(settings: RuleSettings): string {
  return [listenerIp(settings), ...loopbackIps(settings)].join();
}

/** Where redirected clients are received: a node has an IP in each family, its loopback one at worst. */
function listenerIp({ nodeIps }: RuleSettings): Ip {
  const [ip] = nodeIps;
  if (ip === undefined) throw new Error('a node has an IP in each family');
  return ip;
}

function isNodePortIp(ip: Ip, { nodePorts }: RuleSettings): boolean {
  return nodePorts.matchAll || nodePorts.cidrs.some((cidr) => cidrContains(cidr, ip));
}

/** Such an address means something only together with an interface. */
function isLinkLocal(ip: Ip): boolean {
  return /^fe[89ab]/.test(ip);
}
