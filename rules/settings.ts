/**
 * What rules depend on besides Services, in every mode: configuration and facts of the node.
 */
import type { Cidr, Ip } from './ip.ts';
import type { LocalDetector } from './node/local-detector.ts';
import type { NodePortMatch } from './node/node-port-addresses.ts';

/** One family's settings. */
export interface RuleSettings {
  /** The packet mark bit for masquerade, as a number: 0x4000 by default. */
  readonly masqueradeMark: number;
  /** Whether all traffic to ClusterIPs is masqueraded, not only that from outside the cluster. */
  readonly masqueradeAll: boolean;
  /** How pod traffic is told from outside traffic; `undefined` when it cannot be told. */
  readonly localDetector: LocalDetector | undefined;
  /** Where node ports are reachable. */
  readonly nodePorts: NodePortMatch;
  /** This family's ServiceCIDRs, not overlapping; none known leaves unallocated addresses alone. */
  readonly serviceCidrs: readonly Cidr[];
  /** This node's IPs of this family. */
  readonly nodeIps: readonly Ip[];
  /** Set where the endpoints that rules lead to are listeners of this node's userspace proxy. */
  readonly listenerGuard?: ListenerGuard;
}

/**
 * How the proxy's listeners are kept from clients that did not come by a Service: source ranges and node
 * port addresses would not hold for them. With a look at the socket, a connection that comes while
 * nobody listens, since the agent starts anew, is also dropped: clients try again, instead of being refused.
 */
export type ListenerGuard =
  | 'translation'
  | 'translation and socket'
  /** Nobody new is let in, since the agent ends: connections that come have to try again. */
  | 'closed';
