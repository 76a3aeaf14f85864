/** The ways in of userspace mode, as this machine can have them. */
import { IP_FAMILIES, type IpFamily } from '../../rules/ip.ts';
import type { ServiceKey, ServicePort } from '../../rules/services/types.ts';
import type { RuleSettings } from '../../rules/settings.ts';
import type { ListenerSpec } from '../../rules/userspace/listener-spec.ts';
import type { PortRange } from '../../rules/userspace/port-allocation.ts';
import type { FoundListener, ListenerDefaults } from '../../rules/userspace/service-listeners.ts';
import { localAddresses } from '../node/local-addresses.ts';
import type { WayIn } from '../sync/listener-sync.ts';
import type { ProxierEvents } from '../sync/proxier.ts';
import { nodePortWay, redirectWay } from '../sync/ways-in.ts';
import type { UserspaceProxy } from '../userspace/interface.ts';
import type { Carriers, FindListeners } from './carriers.ts';
import type { Desired } from './mode.ts';
import type { Redirect } from './redirects.ts';

/** What does not depend on the family. */
export interface WayParts {
  readonly carriers: Carriers;
  /** Removes the rules of all carriers, as far as that can be done. */
  readonly removeRules: () => Promise<void>;
  readonly range: PortRange;
  readonly defaults: ListenerDefaults;
}

/** What one family's way is made for. */
export interface WayFor {
  readonly family: IpFamily;
  readonly settings: RuleSettings;
  readonly events: ProxierEvents;
  readonly proxy: UserspaceProxy;
  /** All that are wanted at first. */
  readonly ports: readonly ServicePort[];
}

/** The way in for an agent. Rejects with a KernelError when it cannot be made now. */
export async function createWay(
  redirect: Redirect,
  { carriers, removeRules, range, defaults }: WayParts,
  { family, settings, events, proxy, ports }: WayFor,
): Promise<WayIn> {
  if (redirect.kind === 'none') {
    // They would take clients past the listeners.
    await removeRules();
    return nodePortWay({ family, settings, defaults, localIps: localAddresses });
  }
  const { kind, guard } = redirect;
  const { mode, readListeners } = carriers[kind];
  return redirectWay({
    settings,
    defaults,
    rules: mode.createProxier({
      family,
      events,
      settings: { ...settings, listenerGuard: guard },
    }),
    guard,
    range,
    known: knownListeners(await readListeners(family), ports, settings),
    portOf: (id) => proxy.portOf(id),
  });
}

/** What would listen, and what rules would be given then. */
export interface ListenerPlan {
  readonly listeners: readonly ListenerSpec[];
  readonly ruled: Desired;
}

/** Works out what an agent would do that finds these listeners in each family's rules. */
export function planListeners(
  redirect: Redirect,
  { range, defaults }: WayParts,
  { ports, settings }: Desired,
  found: ReadonlyMap<IpFamily, FindListeners>,
): ListenerPlan {
  const listeners: ListenerSpec[] = [];
  const portById = new Map<string, number>();
  const all = [...ports.values()].flat();
  const ways = Object.fromEntries(
    IP_FAMILIES.map((family) => {
      const own = all.filter((port) => port.family === family);
      const options = { settings: settings(family), defaults };
      const known = knownListeners(found.get(family), own, options.settings);
      const way =
        redirect.kind === 'none'
          ? nodePortWay({ ...options, family, localIps: localAddresses })
          : redirectWay({
              ...options,
              guard: redirect.guard,
              range,
              known,
              portOf: (id) => portById.get(id),
            });
      for (const spec of own.flatMap((port) => way.listenersOf(port))) {
        listeners.push(spec);
        if (spec.port !== undefined) portById.set(spec.id, spec.port);
      }
      return [family, way];
    }),
  ) as Record<IpFamily, WayIn>;
  const ruled = new Map<ServiceKey, readonly ServicePort[]>();
  for (const [service, own] of ports) {
    ruled.set(
      service,
      own.map((port) => ways[port.family].ruled(port)),
    );
  }
  const guard = redirect.kind === 'none' ? {} : { listenerGuard: redirect.guard };
  return {
    listeners,
    ruled: { ports: ruled, settings: (family) => ({ ...settings(family), ...guard }) },
  };
}

// --- internal ---

/** The listeners of these service ports that rules lead to already. */
function knownListeners(
  find: FindListeners | undefined,
  ports: readonly ServicePort[],
  { nodeIps }: RuleSettings,
): readonly FoundListener[] {
  const [ip] = nodeIps;
  return find === undefined || ip === undefined ? [] : find(ports, ip);
}
