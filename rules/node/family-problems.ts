/**
 * Whether configuration and Node object fit the address families that this node's kernel has
 * (behaviour document, section 7.6).
 */
import { familyOf, isUnspecified, type Ip, type IpFamily } from '../ip.ts';
import type { NodeFacts } from '../services/types.ts';
import type { DetectLocal } from './local-detector.ts';

/** What has to fit. */
export interface FamilyFacts {
  /** Those that the kernel has. */
  readonly families: readonly IpFamily[];
  /** The node; its first IP says which family is primary. */
  readonly node: Pick<NodeFacts, 'ips' | 'podCIDRs'>;
  readonly detectLocal: DetectLocal;
  /** Where servers listen, by the field that says so. */
  readonly serverIps: ReadonlyMap<string, Ip>;
}

/** Something that does not fit. */
export interface FamilyProblem {
  readonly message: string;
  /** Whether the agent could not do its work, so that it must not begin. */
  readonly isFatal: boolean;
}

/** Everything that does not fit. */
export function familyProblems({
  families,
  node,
  detectLocal,
  serverIps,
}: FamilyFacts): FamilyProblem[] {
  const [primaryIp] = node.ips;
  if (primaryIp === undefined) return [];
  const primary = familyOf(primaryIp);
  if (!families.includes(primary)) {
    const message = `the primary IP of this node is ${primaryIp}, but its kernel has no ${primary}`;
    return [{ message, isFatal: true }];
  }
  const hasOneFamily = families.length === 1;
  return [
    ...podNetworkProblems(detectLocal, node, primary, hasOneFamily),
    ...[...serverIps]
      .filter(([, ip]) => !isUnspecified(ip) && !families.includes(familyOf(ip)))
      .map(([field, ip]) => ({
        message: `${field} is ${ip}, but this node's kernel has no ${familyOf(ip)}`,
        isFatal: false,
      })),
  ];
}

// --- internal ---

/** Pods' networks that are all of another family than the primary one. None at all is no problem here. */
function podNetworkProblems(
  detectLocal: DetectLocal,
  { podCIDRs }: FamilyFacts['node'],
  primary: IpFamily,
  hasOneFamily: boolean,
): FamilyProblem[] {
  switch (detectLocal.mode) {
    case 'ClusterCIDR': {
      const cidrs = Object.values(detectLocal.cidrs);
      if (cidrs.length === 0 || detectLocal.cidrs[primary] !== undefined) return [];
      const message = `clusterCIDR ${cidrs.join()} has no ${primary} network, the primary family of this node`;
      return [{ message, isFatal: hasOneFamily }];
    }
    case 'NodeCIDR': {
      if (podCIDRs.length === 0 || podCIDRs.some((cidr) => familyOf(cidr) === primary)) return [];
      const message = `spec.podCIDRs ${podCIDRs.join()} of this node have no ${primary} network, its primary family`;
      return [{ message, isFatal: true }];
    }
    case 'BridgeInterface':
    case 'InterfaceNamePrefix':
      return [];
  }
}
