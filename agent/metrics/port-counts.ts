/** Service ports and their endpoints, counted by family. */
import type { IpFamily } from '../../rules/ip.ts';
import {
  isExternallyAccessible,
  noExternalEndpointsAction,
  noInternalEndpointsAction,
} from '../../rules/services/traffic.ts';
import type { ServicePort } from '../../rules/services/types.ts';

/** One family's numbers. */
export interface PortCounts {
  readonly ports: number;
  /** Counted anew for each port. */
  readonly endpoints: number;
  /** Ports that drop traffic of this kind, since a Local policy finds no endpoint on this node. */
  readonly withoutLocal: { readonly internal: number; readonly external: number };
}

/** Counts. */
export function countPorts(
  services: Iterable<readonly ServicePort[]>,
): Readonly<Record<IpFamily, PortCounts>> {
  const counts = { IPv4: noPorts(), IPv6: noPorts() };
  for (const ports of services) {
    for (const port of ports) {
      const count = counts[port.family];
      count.ports += 1;
      count.endpoints += port.endpoints.all.length;
      if (noInternalEndpointsAction(port) === 'drop') count.withoutLocal.internal += 1;
      if (isExternallyAccessible(port) && noExternalEndpointsAction(port) === 'drop') {
        count.withoutLocal.external += 1;
      }
    }
  }
  return counts;
}

// --- internal ---

function noPorts() {
  return { ports: 0, endpoints: 0, withoutLocal: { internal: 0, external: 0 } };
}
