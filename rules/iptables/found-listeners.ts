/** The listeners that chains in the kernel lead to: an agent that starts anew listens there again. */
import { joinHostPort, type Ip } from '../ip.ts';
import type { ServicePort } from '../services/types.ts';
import {
  listsOf,
  redirectedListenerId,
  type EndpointList,
  type FoundListener,
} from '../userspace/service-listeners.ts';
import { LISTENER_COMMENT, serviceChain } from './names.ts';
import type { FoundTables } from './save.ts';

/** The listeners of these service ports at this address, as far as the chains have them. */
export function foundListeners(
  found: FoundTables,
  ports: readonly ServicePort[],
  ip: Ip,
): FoundListener[] {
  const guarded = guardedPorts(found);
  return ports.flatMap((port) =>
    listsOf(port).flatMap((list): FoundListener[] => {
      const number = destinationPort(found, port, list, ip);
      // In chains of iptables mode a pod stands there, and the node's own IP if it is one of the host's.
      if (number === undefined || !guarded.has(`${port.protocol} ${number}`)) return [];
      return [[port.protocol, redirectedListenerId(port, list), number]];
    }),
  );
}

// --- internal ---

const PREFIXES = { cluster: 'KUBE-SVC-', local: 'KUBE-SVL-' } as const;

/** Protocol and port of all listeners that are guarded: `tcp 20001`. */
function guardedPorts(found: FoundTables): ReadonlySet<string> {
  const rules = [...(found.get('filter')?.values() ?? [])].flat();
  return new Set(
    rules
      .filter((rule) => rule.includes(` ${LISTENER_COMMENT}"`))
      .map((rule) => / -m (tcp|udp) --dport (\d+) /.exec(rule))
      .flatMap((match) => (match === null ? [] : [`${match[1]} ${match[2]}`])),
  );
}

/** The port to which a service port's chain translates at this address. */
function destinationPort(
  found: FoundTables,
  port: ServicePort,
  list: EndpointList,
  ip: Ip,
): number | undefined {
  const start = joinHostPort(ip, 0).slice(0, -1);
  for (const rule of found.get('nat')?.get(serviceChain(PREFIXES[list], port)) ?? []) {
    const destination = / -j DNAT --to-destination (\S+)$/.exec(rule)?.[1];
    if (destination?.startsWith(start) === true) return Number(destination.slice(start.length));
  }
  return undefined;
}
