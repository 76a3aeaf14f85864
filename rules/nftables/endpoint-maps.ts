/**
 * The maps that endpoints stand in: one for each protocol, for frontends with an address and for
 * node ports.
 *
 * For each protocol, because of how nft reads a map back: one whose values are declared as `th
 * dport` can only be used by rules of the very transaction that declares it ("conflicting protocols
 * specified", nft 1.0.6 to 1.1.3), and one declared as `tcp dport` makes every rule that uses it a
 * rule for TCP. The protocol is therefore in the map's name, and not in its key.
 */
import type { Protocol } from '../services/types.ts';
import { concatText } from './names.ts';

/** Every protocol, in the order in which maps are declared. */
export const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'sctp'];

/** The name of a map of endpoints. */
export type EndpointMapName = `${Protocol}-endpoints` | `${Protocol}-nodeport-endpoints`;

/** A map of endpoints, as data. */
export interface EndpointMap {
  readonly protocol: Protocol;
  readonly isNodePort: boolean;
}

/** Every map of endpoints. */
export const ENDPOINT_MAPS: readonly EndpointMap[] = PROTOCOLS.flatMap((protocol) => [
  { protocol, isNodePort: false },
  { protocol, isNodePort: true },
]);

/** The name of a map. */
export function endpointMapName({ protocol, isNodePort }: EndpointMap): EndpointMapName {
  return NAMES[protocol][isNodePort ? 'nodePort' : 'address'];
}

/** An endpoint's key in its map: `10.96.0.10 . 80 . 2`, or `30080 . 2` for a node port. */
export function endpointKey(ip: string | undefined, port: number, slot: number): string {
  return ip === undefined ? concatText(port, slot) : concatText(ip, port, slot);
}

/** Which slot of which frontend an element of a map of endpoints is about. */
export interface FrontendSlot extends EndpointMap {
  /** As in `service-ips` or `service-nodeports`: `10.96.0.10 . tcp . 80`, or `tcp . 30080`. */
  readonly frontend: string;
  readonly slot: number;
}

/** The inverse of `endpointMapName` and `endpointKey`; `undefined` for any other collection. */
export function frontendSlotOf(collection: string, key: string): FrontendSlot | undefined {
  const map = MAPS_BY_NAME.get(collection);
  if (map === undefined) return undefined;
  const parts = key.split(' . ');
  const slot = Number(parts.at(-1));
  const port = parts.at(-2) ?? '';
  const address = map.isNodePort ? [] : parts.slice(0, -2);
  return { ...map, frontend: concatText(...address, map.protocol, port), slot };
}

// --- internal ---

/** Each name once: every endpoint's element holds one, and is looked up by it. */
const NAMES: {
  readonly [P in Protocol]: {
    readonly address: `${P}-endpoints`;
    readonly nodePort: `${P}-nodeport-endpoints`;
  };
} = {
  tcp: { address: 'tcp-endpoints', nodePort: 'tcp-nodeport-endpoints' },
  udp: { address: 'udp-endpoints', nodePort: 'udp-nodeport-endpoints' },
  sctp: { address: 'sctp-endpoints', nodePort: 'sctp-nodeport-endpoints' },
};

const MAPS_BY_NAME: ReadonlyMap<string, EndpointMap> = new Map(
  ENDPOINT_MAPS.map((map) => [endpointMapName(map), map]),
);
