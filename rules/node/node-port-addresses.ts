/**
 * At which of the node's addresses node ports are reachable (behaviour document, section 7.5).
 */
import {
  familyOf,
  hostCidr,
  IP_FAMILIES,
  isLoopback,
  isZeroCidr,
  mergeCidrs,
  networkOf,
  touchesLoopback,
  type Cidr,
  type Ip,
  type IpFamily,
} from '../ip.ts';
import type { NodeFacts } from '../services/types.ts';

/**
 * Words that stand for addresses: `primary` for the node's own IPs, `localhost` for the loopback
 * networks, `all` for every address.
 */
export const NODE_PORT_KEYWORDS = ['primary', 'localhost', 'all'] as const;

/** One of the words that stand for addresses. */
export type NodePortKeyword = (typeof NODE_PORT_KEYWORDS)[number];

/** The configured `nodePortAddresses`; with nothing in it node ports are reachable at every address. */
export interface NodePortAddresses {
  readonly keywords: readonly NodePortKeyword[];
  /** Both families. */
  readonly cidrs: readonly Cidr[];
}

/** Where node ports of one family are reachable. */
export type NodePortMatch =
  | { readonly matchAll: true }
  /** At the node's addresses inside these networks: not empty, sorted, never overlapping. */
  | { readonly matchAll: false; readonly cidrs: readonly Cidr[] };

/**
 * Puts this node's addresses in the place of the keywords, for one family. A family that no entry
 * speaks of is open: node ports are then reachable at all of its addresses.
 */
export function expandNodePortAddresses(
  addresses: NodePortAddresses,
  nodeIps: readonly Ip[],
  family: IpFamily,
): NodePortMatch {
  const cidrs = cidrsOf(addresses, nodeIps, family);
  if (cidrs.length === 0 || cidrs.some(isZeroCidr)) return { matchAll: true };
  return { matchAll: false, cidrs: mergeCidrs(cidrs) };
}

/** What an operator may not have meant: sentences for the log at start. */
export function nodePortWarnings(
  addresses: NodePortAddresses,
  node: Pick<NodeFacts, 'ips' | 'podCIDRs'>,
  isLocalhostServed: boolean,
): string[] {
  if (addresses.keywords.length === 0 && addresses.cidrs.length === 0) {
    return [
      'nodePortAddresses is not set: node ports are reachable at every address of this node; ' +
        'set it to "primary" to limit them to the node IPs',
    ];
  }
  const openFamilies = familiesInUse(node).filter(
    (family) => cidrsOf(addresses, node.ips, family).length === 0,
  );
  const warnings = openFamilies.map(
    (family) =>
      `nodePortAddresses names no ${family} address of this node: node ports are reachable at all ` +
      `of its ${family} addresses; add an ${family} CIDR to limit them`,
  );
  if (!isLocalhostServed && namesLoopback(addresses)) {
    warnings.push('nodePortAddresses names loopback addresses: node ports are not served there');
  }
  return warnings;
}

/** Whether node ports are to be reachable at 127.0.0.1, whatever IPs the node has. */
export function namesLocalhost(addresses: NodePortAddresses): boolean {
  const cidrs = cidrsOf(addresses, [], 'IPv4');
  const isLimited = cidrs.length > 0 || addresses.keywords.includes('primary');
  return !isLimited || cidrs.some(touchesLoopback);
}

// --- internal ---

const LOOPBACK_CIDRS: readonly Cidr[] = ['127.0.0.0/8' as Cidr, '::1/128' as Cidr];
const ZERO_CIDRS: readonly Cidr[] = ['0.0.0.0/0' as Cidr, '::/0' as Cidr];

/** Every network of this family that the addresses name, as they come. */
function cidrsOf(addresses: NodePortAddresses, nodeIps: readonly Ip[], family: IpFamily): Cidr[] {
  const named = addresses.keywords.flatMap((keyword) => cidrsOfKeyword(keyword, nodeIps));
  return [...addresses.cidrs, ...named].filter((cidr) => familyOf(cidr) === family);
}

function cidrsOfKeyword(keyword: NodePortKeyword, nodeIps: readonly Ip[]): readonly Cidr[] {
  switch (keyword) {
    case 'primary':
      // A loopback node IP stands for "not known" (7.6): it must not close the node ports.
      return nodeIps.filter((ip) => !isLoopback(ip)).map(hostCidr);
    case 'localhost':
      return LOOPBACK_CIDRS;
    case 'all':
      return ZERO_CIDRS;
  }
}

/** The node's primary family, and the other one if the node has an IP or pods of it. */
function familiesInUse(node: Pick<NodeFacts, 'ips' | 'podCIDRs'>): IpFamily[] {
  const evidence = [
    ...node.ips.filter((ip, index) => index === 0 || !isLoopback(ip)),
    ...node.podCIDRs,
  ];
  return IP_FAMILIES.filter((family) => evidence.some((text) => familyOf(text) === family));
}

function namesLoopback(addresses: NodePortAddresses): boolean {
  return (
    addresses.keywords.includes('localhost') ||
    addresses.cidrs.some((cidr) => isLoopback(networkOf(cidr)))
  );
}
