/** The listeners that a table in the kernel leads to: an agent that starts anew listens there again. */
import type { Contents } from '../diff/element.ts';
import type { Ip } from '../ip.ts';
import type { ServicePort } from '../services/types.ts';
import {
  listsOf,
  redirectedListenerId,
  type EndpointList,
  type FoundListener,
} from '../userspace/service-listeners.ts';
import { endpointKey, endpointMapName } from './endpoint-maps.ts';
import { concatText, LOCAL_SLOTS } from './names.ts';

/** The listeners of these service ports at this address, as far as the table has them. */
export function foundListeners(
  contents: Contents,
  ports: readonly ServicePort[],
  ip: Ip,
): FoundListener[] {
  return ports.flatMap((port) =>
    listsOf(port).flatMap((list): FoundListener[] => {
      const number = listenerPortIn(contents, port, list, ip);
      if (number === undefined) return [];
      return [[port.protocol, redirectedListenerId(port, list), number]];
    }),
  );
}

// --- internal ---

const SLOTS: Readonly<Record<EndpointList, number>> = { cluster: 0, local: LOCAL_SLOTS };

function listenerPortIn(
  contents: Contents,
  { frontends, protocol }: ServicePort,
  list: EndpointList,
  ip: Ip,
): number | undefined {
  const listeners = contents.get('listeners');
  for (const frontend of frontends) {
    const map = endpointMapName({ protocol, isNodePort: frontend.ip === undefined });
    const key = endpointKey(frontend.ip, frontend.port, SLOTS[list]);
    const [foundIp = '', port = ''] = contents.get(map)?.get(key)?.value.split(' . ') ?? [];
    // In a table of nftables mode a pod stands there, and the node's own IP if it is one of the host's.
    const isListener = listeners?.has(concatText(foundIp, protocol, port)) === true;
    if (foundIp === ip && isListener) return Number(port);
  }
  return undefined;
}
