/**
 * Shared chains: what is the same for every service port with the same number of endpoints. Their
 * names say everything about them, so a chain can be rebuilt from its name alone, and a name found
 * in the kernel is proof enough of what the chain holds.
 *
 *   tcp-endpoints-3                  one of 3 endpoints, at random
 *   tcp-affinity-endpoints-3-10800   the endpoint that this client is stuck to, else one of 3
 *   tcp-affinity-slot-1-10800        the endpoint in slot 1; the client is stuck to it from now on
 *
 * `nodeport-` after the protocol means that the frontend is a node port, known by its port alone;
 * `local-` means endpoints on this node only.
 */

import type { Protocol } from '../services/types.ts';
import { PROTOCOLS } from './endpoint-maps.ts';
import { LOCAL_SLOTS } from './names.ts';

/** One shared chain, as data. */
export type SharedChain =
  | {
      readonly kind: 'endpoints';
      readonly protocol: Protocol;
      readonly isNodePort: boolean;
      readonly isLocal: boolean;
      /** How many endpoints; at least 1. */
      readonly count: number;
      /** ClientIP affinity in seconds; `undefined` means none. */
      readonly affinitySeconds: number | undefined;
    }
  | {
      readonly kind: 'slot';
      readonly protocol: Protocol;
      readonly isNodePort: boolean;
      /** From LOCAL_SLOTS on for endpoints on this node. */
      readonly slot: number;
      readonly affinitySeconds: number;
    };

/** The name of a shared chain. */
export function sharedChainName(chain: SharedChain): string {
  const scope = chain.isNodePort ? `${chain.protocol}-nodeport-` : `${chain.protocol}-`;
  if (chain.kind === 'slot') return `${scope}affinity-slot-${chain.slot}-${chain.affinitySeconds}`;
  const place = chain.isLocal ? 'local-' : '';
  return chain.affinitySeconds === undefined
    ? `${scope}${place}endpoints-${chain.count}`
    : `${scope}${place}affinity-endpoints-${chain.count}-${chain.affinitySeconds}`;
}

/** The inverse of `sharedChainName`; `undefined` for a name that is not a shared chain's. */
export function parseSharedChainName(name: string): SharedChain | undefined {
  const protocol = PROTOCOLS.find((each) => name.startsWith(`${each}-`));
  if (protocol === undefined) return undefined;
  const rest = name.slice(protocol.length + 1);
  const slot = /^(nodeport-)?affinity-slot-(\d+)-(\d+)$/.exec(rest);
  if (slot !== null) {
    return {
      kind: 'slot',
      protocol,
      isNodePort: slot[1] !== undefined,
      slot: Number(slot[2]),
      affinitySeconds: Number(slot[3]),
    };
  }
  const endpoints =
    /^(nodeport-)?(local-)?(?:endpoints-(\d+)|affinity-endpoints-(\d+)-(\d+))$/.exec(rest);
  if (endpoints === null) return undefined;
  return {
    kind: 'endpoints',
    protocol,
    isNodePort: endpoints[1] !== undefined,
    isLocal: endpoints[2] !== undefined,
    count: Number(endpoints[3] ?? endpoints[4]),
    affinitySeconds: endpoints[5] === undefined ? undefined : Number(endpoints[5]),
  };
}

/** The chains that a chain's rules point at, which must exist with it. */
export function chainsBehind(chain: SharedChain): SharedChain[] {
  if (chain.kind === 'slot' || chain.affinitySeconds === undefined) return [];
  const { protocol, isNodePort, affinitySeconds } = chain;
  return slotsOf(chain).map((slot) => ({
    kind: 'slot',
    protocol,
    isNodePort,
    slot,
    affinitySeconds,
  }));
}

/** The slots that a balancing chain draws from. */
export function slotsOf(chain: SharedChain & { kind: 'endpoints' }): number[] {
  const base = chain.isLocal ? LOCAL_SLOTS : 0;
  return Array.from({ length: chain.count }, (_, index) => base + index);
}
