/**
 * Names of what is in the table. They are not a promise to anybody: other programs order themselves
 * by hook and priority, never by our names (behaviour document, section 4.10a).
 */
import type { IpFamily } from '../ip.ts';

/** Our table, once in family `ip` and once in `ip6`. */
export const TABLE = 'switchyard';

/** nft's name of an address family. */
export type NftFamily = 'ip' | 'ip6';

/** nft's name of an address family. */
export function nftFamily(family: IpFamily): NftFamily {
  return family === 'IPv4' ? 'ip' : 'ip6';
}

/**
 * Every set and map, by the stage in which it is filled: what points at something comes after it.
 * `affinity` is filled by packets, not by us, and so has no stage.
 */
export const COLLECTION_STAGES = {
  /** Maps ip . port . slot -> endpoint, for frontends with an address: see endpoint-maps.ts. */
  'tcp-endpoints': 1,
  'udp-endpoints': 1,
  'sctp-endpoints': 1,
  /** Maps port . slot -> endpoint, for node ports. */
  'tcp-nodeport-endpoints': 1,
  'udp-nodeport-endpoints': 1,
  'sctp-nodeport-endpoints': 1,
  /** Set of endpoint . endpoint . protocol . port: connections of a pod to itself. */
  'hairpin-connections': 1,
  /** Set ip . protocol . port: listeners of the userspace proxy; empty in nftables mode. */
  listeners: 1,
  /** Interval set ip . protocol . port . source range: who may use a load balancer address. */
  'source-ranges': 1,
  /** Interval set: at which of the node's addresses node ports are reachable. */
  'nodeport-cidrs': 1,
  /** Interval set: the cluster's ServiceCIDRs. */
  'service-cidrs': 1,
  /** Set of active ClusterIPs. */
  'cluster-ips': 1,
  /** Set ip . protocol . port: load balancer addresses that have source ranges. */
  'firewalled-ips': 2,
  /** Maps to the chain that balances external traffic over endpoints anywhere. */
  'cluster-policy-ips': 2,
  'cluster-policy-nodeports': 2,
  /** Maps to the chain that balances external traffic over this node's endpoints. */
  'local-policy-ips': 2,
  'local-policy-nodeports': 2,
  /** Map ip . protocol . port -> verdict: every frontend that has an address and endpoints. */
  'service-ips': 3,
  /** Map protocol . port -> verdict: every node port that has endpoints. */
  'service-nodeports': 3,
  /** Maps to reject or drop: frontends without usable endpoints. */
  'no-endpoint-services': 3,
  'no-endpoint-nodeports': 3,
} as const;

/** A set or map that we fill. */
export type Collection = keyof typeof COLLECTION_STAGES;

/** All sets and maps that we fill. */
export const COLLECTIONS = Object.keys(COLLECTION_STAGES) as readonly Collection[];

/** The dynamic set of which client is stuck to which slot; packets fill it. */
export const AFFINITY = 'affinity';

/** Where in a collection's keys the protocol stands; `undefined` where there is none. */
export const PROTOCOL_POSITIONS: Readonly<
  Record<Collection | typeof AFFINITY, number | undefined>
> = {
  'tcp-endpoints': undefined,
  'udp-endpoints': undefined,
  'sctp-endpoints': undefined,
  'tcp-nodeport-endpoints': undefined,
  'udp-nodeport-endpoints': undefined,
  'sctp-nodeport-endpoints': undefined,
  'hairpin-connections': 2,
  listeners: 1,
  'source-ranges': 1,
  'nodeport-cidrs': undefined,
  'service-cidrs': undefined,
  'cluster-ips': undefined,
  'firewalled-ips': 1,
  'cluster-policy-ips': 1,
  'cluster-policy-nodeports': 0,
  'local-policy-ips': 1,
  'local-policy-nodeports': 0,
  'service-ips': 1,
  'service-nodeports': 0,
  'no-endpoint-services': 1,
  'no-endpoint-nodeports': 0,
  affinity: 2,
};

/** Whether a collection is a map; the others are sets. */
export function isMap(collection: Collection): boolean {
  return MAPS.has(collection);
}

/** The sets that hold networks, which must not overlap: the range is the last part of their keys. */
export const INTERVAL_SETS: ReadonlySet<string> = new Set<Collection>([
  'source-ranges',
  'nodeport-cidrs',
  'service-cidrs',
]);

/**
 * The pseudo collection in which a ledger counts the users of shared chains. Not a set: its
 * elements become chains.
 */
export const SHARED_CHAINS = 'shared chains';

/** Slots of node-local endpoints start here, those of endpoints anywhere at 0. */
export const LOCAL_SLOTS = 65_536;

/** Joins the parts of a concatenation as nft writes it. */
export function concatText(...parts: readonly (string | number)[]): string {
  return parts.join(' . ');
}

// --- internal ---

const MAPS: ReadonlySet<Collection> = new Set<Collection>([
  'tcp-endpoints',
  'udp-endpoints',
  'sctp-endpoints',
  'tcp-nodeport-endpoints',
  'udp-nodeport-endpoints',
  'sctp-nodeport-endpoints',
  'cluster-policy-ips',
  'cluster-policy-nodeports',
  'local-policy-ips',
  'local-policy-nodeports',
  'service-ips',
  'service-nodeports',
  'no-endpoint-services',
  'no-endpoint-nodeports',
]);
