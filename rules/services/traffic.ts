/**
 * What follows from a service port's policies and endpoints, for every backend alike (behaviour
 * document, sections 1.4 and 2.5). Internal traffic goes to the ClusterIP, external traffic to any
 * other frontend.
 */
import { cidrContains, hostCidr, mergeCidrs, type Cidr } from '../ip.ts';
import type { Endpoint, NodeFacts, ServicePort, TrafficPolicy } from './types.ts';

/** What happens to new connections that no endpoint may take. */
export type NoEndpointsAction = 'reject' | 'drop';

/** Whether it can be reached from outside the cluster. */
export function isExternallyAccessible({ frontends }: Pick<ServicePort, 'frontends'>): boolean {
  return frontends.some(({ kind }) => kind !== 'ClusterIP');
}

/** Whether endpoints anywhere matter: external Local traffic needs them too, for its short-circuits. */
export function usesClusterEndpoints(port: Policies): boolean {
  return port.internalPolicy === 'Cluster' || isExternallyAccessible(port);
}

/** Whether the endpoints on this node matter by themselves. */
export function usesLocalEndpoints(port: Policies): boolean {
  const isExternalLocal = port.externalPolicy === 'Local' && isExternallyAccessible(port);
  return port.internalPolicy === 'Local' || isExternalLocal;
}

/** Whether internal traffic has somewhere to go. */
export function hasInternalEndpoints(port: ServicePort): boolean {
  return noInternalEndpointsAction(port) === undefined;
}

/** Whether external traffic from outside has somewhere to go. */
export function hasExternalEndpoints(port: ServicePort): boolean {
  return noExternalEndpointsAction(port) === undefined;
}

/**
 * Whether external frontends are dispatched at all. They are even when `hasExternalEndpoints` is
 * false for want of local endpoints: pods and this node short-circuit to endpoints elsewhere.
 */
export function isDispatchedExternally(port: ServicePort): boolean {
  return port.endpoints.hasAny && isExternallyAccessible(port);
}

/** Where internal traffic goes. */
export function internalEndpointsOf(port: ServicePort): readonly Endpoint[] {
  return endpointsUnder(port.internalPolicy, port);
}

/** Where external traffic from outside goes; pods and this node always use the `cluster` endpoints. */
export function externalEndpointsOf(port: ServicePort): readonly Endpoint[] {
  return endpointsUnder(port.externalPolicy, port);
}

/** Reject when there is no endpoint anywhere, drop when there is only none here; else `undefined`. */
export function noInternalEndpointsAction(port: ServicePort): NoEndpointsAction | undefined {
  return actionUnder(port.internalPolicy, port);
}

/** As `noInternalEndpointsAction`, for external traffic. */
export function noExternalEndpointsAction(port: ServicePort): NoEndpointsAction | undefined {
  return actionUnder(port.externalPolicy, port);
}

/**
 * The networks that may use the LoadBalancer frontends; empty means everybody. When a range holds an
 * IP of this node the VIPs belong to them: a node that owns a VIP sends with it as source.
 */
export function sourcesAllowedFor(port: ServicePort, node: Pick<NodeFacts, 'ips'>): Cidr[] {
  const { sourceRanges } = port;
  const isNodeAllowed = node.ips.some((ip) =>
    sourceRanges.some((range) => cidrContains(range, ip)),
  );
  if (!isNodeAllowed) return [...sourceRanges];
  const vips = port.frontends.flatMap(({ kind, ip }) =>
    kind === 'LoadBalancer' && ip !== undefined ? [hostCidr(ip)] : [],
  );
  return mergeCidrs([...sourceRanges, ...vips]);
}

// --- internal ---

type Policies = Pick<ServicePort, 'frontends' | 'internalPolicy' | 'externalPolicy'>;

function endpointsUnder(policy: TrafficPolicy, { endpoints }: ServicePort): readonly Endpoint[] {
  return policy === 'Local' ? endpoints.local : endpoints.cluster;
}

function actionUnder(
  policy: TrafficPolicy,
  { endpoints }: ServicePort,
): NoEndpointsAction | undefined {
  if (!endpoints.hasAny) return 'reject';
  return policy === 'Local' && endpoints.local.length === 0 ? 'drop' : undefined;
}
