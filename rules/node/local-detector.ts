/**
 * How a packet from a pod of this cluster is told from one that comes from outside (behaviour
 * document, section 3.7).
 */
import { familyOf, IP_FAMILIES, type Cidr, type IpFamily } from '../ip.ts';
import type { NodeFacts } from '../services/types.ts';

/** The configured way to tell local traffic: `detectLocalMode` with what belongs to it. */
export type DetectLocal =
  | { readonly mode: 'ClusterCIDR'; readonly cidrs: Readonly<Partial<Record<IpFamily, Cidr>>> }
  | { readonly mode: 'NodeCIDR' }
  | { readonly mode: 'BridgeInterface'; readonly interface: string }
  | { readonly mode: 'InterfaceNamePrefix'; readonly prefix: string };

/** What a packet of one family is matched against; a match means that it is local. */
export type LocalDetector =
  /** By source address. */
  | { readonly kind: 'cidr'; readonly cidr: Cidr }
  /** By the name of the interface it came in by. */
  | { readonly kind: 'interface'; readonly name: string }
  /** By the first characters of that name. */
  | { readonly kind: 'interface-prefix'; readonly prefix: string };

/**
 * The detector for one family; `undefined` when local traffic cannot be told, since no CIDR of this
 * family is known: then nothing is masqueraded for being from outside, and no pod is short-circuited.
 */
export function localDetectorFor(
  detectLocal: DetectLocal,
  node: Pick<NodeFacts, 'podCIDRs'>,
  family: IpFamily,
): LocalDetector | undefined {
  switch (detectLocal.mode) {
    case 'ClusterCIDR':
      return cidrDetector(detectLocal.cidrs[family]);
    case 'NodeCIDR':
      return cidrDetector(node.podCIDRs.find((cidr) => familyOf(cidr) === family));
    case 'BridgeInterface':
      return { kind: 'interface', name: detectLocal.interface };
    case 'InterfaceNamePrefix':
      return { kind: 'interface-prefix', prefix: detectLocal.prefix };
  }
}

/** What an operator may not have meant: sentences for the log at start. */
export function localDetectorWarnings(
  detectLocal: DetectLocal,
  node: Pick<NodeFacts, 'podCIDRs'>,
): string[] {
  if (IP_FAMILIES.some((family) => localDetectorFor(detectLocal, node, family))) return [];
  const missing =
    detectLocal.mode === 'NodeCIDR' ? 'this node has no spec.podCIDRs' : 'clusterCIDR is not set';
  return [
    `${missing}: packets from pods cannot be told from those from outside the cluster; nothing to ` +
      'ClusterIPs is masqueraded for being from outside, and pods are held to externalTrafficPolicy ' +
      'Local. Set clusterCIDR, or another detectLocalMode',
  ];
}

// --- internal ---

function cidrDetector(cidr: Cidr | undefined): LocalDetector | undefined {
  return cidr === undefined ? undefined : { kind: 'cidr', cidr };
}
