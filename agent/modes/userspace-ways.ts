/** The ways in of userspace mode, as this machine can have them. */
import { IP_FAMILIES, type IpFamily } from '../../rules/ip.ts';
import { foundListeners } from '../../rules/nftables/found-listeners.ts';
import type { FoundTable } from '../../rules/nftables/planner.ts';
import type { Protocol, ServiceKey, ServicePort } from '../../rules/services/types.ts';
import type { RuleSettings } from '../../rules/settings.ts';
import type { ListenerSpec } from '../../rules/userspace/listener-spec.ts';
import type { PortRange } from '../../rules/userspace/port-allocation.ts';
import type { ListenerDefaults } from '../../rules/userspace/service-listeners.ts';
import { KernelError } from '../kernel/kernel-error.ts';
import type { Transport } from '../kernel/transport.ts';
import { localAddresses } from '../node/local-addresses.ts';
import type { WayIn } from '../sync/listener-sync.ts';
import type { ProxierEvents } from '../sync/proxier.ts';
import { TableSync } from '../sync/table-sync.ts';
import { nodePortWay, redirectWay } from '../sync/ways-in.ts';
import type { UserspaceProxy } from '../userspace/interface.ts';
import type { Desired } from './mode.ts';
import type { Redirect } from './redirects.ts';

/** What does not depend on the family. */
export interface WayParts {
  readonly transport: Transport;
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
  { transport, range, defaults }: WayParts,
  { family, settings, events, proxy, ports }: WayFor,
): Promise<WayIn> {
  if (redirect.kind === 'none') {
    await removeRules(transport, family);
    return nodePortWay({ family, settings, defaults, localIps: localAddresses });
  }
  const { guard } = redirect;
  const table = { family, settings: { ...settings, listenerGuard: guard }, transport, events };
  const rules = new TableSync({ ...table, now: () => performance.now() });
  return redirectWay({
    settings,
    defaults,
    rules,
    guard,
    range,
    known: knownListeners(await transport.readTable(family), ports, settings),
    portOf: (id) => proxy.portOf(id),
  });
}

/** What would listen, and what rules would be given then. */
export interface ListenerPlan {
  readonly listeners: readonly ListenerSpec[];
  readonly ruled: Desired;
}

/** Works out what an agent would do that finds these tables. */
export function planListeners(
  redirect: Redirect,
  { range, defaults }: WayParts,
  { ports, settings }: Desired,
  found: (family: IpFamily) => FoundTable | undefined,
): ListenerPlan {
  const listeners: ListenerSpec[] = [];
  const portById = new Map<string, number>();
  const all = [...ports.values()].flat();
  const ways = Object.fromEntries(
    IP_FAMILIES.map((family) => {
      const own = all.filter((port) => port.family === family);
      const options = { settings: settings(family), defaults };
      const known = knownListeners(found(family), own, options.settings);
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

/** Protocol, id and port of the listeners that a table leads to. */
function knownListeners(
  found: FoundTable | undefined,
  ports: readonly ServicePort[],
  { nodeIps }: RuleSettings,
): [Protocol, string, number][] {
  const [ip] = nodeIps;
  if (found === undefined || ip === undefined) return [];
  return ports.flatMap((port) =>
    foundListeners(found.contents, port, ip).map(([id, number]): [Protocol, string, number] => {
      return [port.protocol, id, number];
    }),
  );
}

/** Rules of another mode would take clients past the listeners. */
async function removeRules(transport: Transport, family: IpFamily): Promise<void> {
  try {
    await transport.removeTable(family);
  } catch (error) {
    // Where rules cannot be had at all there are none.
    if (!(error instanceof KernelError)) throw error;
  }
}
