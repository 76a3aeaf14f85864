/**
 * The world as the rule generators see it: slimmed Kubernetes objects, and what is made of them.
 * Section numbers refer to kube-proxy's behaviour: see docs/architecture.md.
 */
import type { Cidr, Ip, IpFamily } from '../ip.ts';
import type { LoadBalancing } from './load-balancing.ts';

/** Layer 4 protocols that a Service can name, in nft's lower case. */
export type Protocol = 'tcp' | 'udp' | 'sctp';

/** `namespace/name` of a Service. */
export type ServiceKey = string & { readonly __brand: 'ServiceKey' };

/** `namespace/name:portname/protocol`, or `namespace/name/protocol` for an unnamed port: unique in a family. */
export type ServicePortKey = string & { readonly __brand: 'ServicePortKey' };

/** Where traffic may go: to endpoints anywhere, or on this node only. */
export type TrafficPolicy = 'Cluster' | 'Local';

/** A Service, slimmed to the fields that a proxy needs (1.3). Every field is already validated. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  /**
   * `metadata.creationTimestamp` in ms since the epoch; decides who owns a contested address. 0 when
   * absent, which counts as the newest.
   */
  readonly createdAtMs: number;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** Empty for headless and ExternalName Services; at most one a family. */
  readonly clusterIPs: readonly Ip[];
  readonly ports: readonly PortSpec[];
  /** Both families. */
  readonly externalIPs: readonly Ip[];
  /** `status.loadBalancer.ingress[].ip` whose ipMode is unset or VIP; both families. */
  readonly loadBalancerVIPs: readonly Ip[];
  /** Both families, sorted and not overlapping; a family without one is unrestricted (1.4). */
  readonly sourceRanges: readonly Cidr[];
  /** ClientIP session affinity in seconds; `undefined` means none. */
  readonly affinitySeconds: number | undefined;
  readonly internalPolicy: TrafficPolicy;
  /** As written; only counts when the Service is externally accessible. */
  readonly externalPolicy: TrafficPolicy;
  /** 0 when there is none. */
  readonly healthCheckNodePort: number;
  /** Annotation `switchyard.dev/load-balancing`; `undefined` leaves it to the configuration. */
  readonly loadBalancing: LoadBalancing | undefined;
  /** Annotation `switchyard.dev/proxy-protocol`: whether endpoints are told the client's address by a v2 header. */
  readonly sendsProxyHeader: boolean;
}

/** One entry of `spec.ports`. */
export interface PortSpec {
  /** Empty when the port has no name. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** 0 when there is none. */
  readonly nodePort: number;
}

/** An EndpointSlice, slimmed. */
export interface EndpointSlice {
  readonly namespace: string;
  readonly name: string;
  readonly service: ServiceKey;
  readonly family: IpFamily;
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly SliceEndpoint[];
  /** Annotation `switchyard.dev/weight`: the share of connections that each of its endpoints gets; 1 by default. */
  readonly weight: number;
}

/** One entry of an EndpointSlice's `ports`; entries without a number are left out (1.5). */
export interface SlicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** One entry of an EndpointSlice's `endpoints`, its conditions defaulted (1.5). */
export interface SliceEndpoint {
  readonly ip: Ip;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Empty when absent. */
  readonly nodeName: string;
  /** Sorted, each once, none empty. */
  readonly zoneHints: readonly string[];
  /** Sorted, each once, none empty. */
  readonly nodeHints: readonly string[];
}

/** What the agent knows of the node that it runs on. */
export interface NodeFacts {
  /** Lower case. Empty matches no endpoint. */
  readonly name: string;
  /** Label `topology.kubernetes.io/zone`; empty when absent. */
  readonly zone: string;
  /** The node's IPs, primary first, at most one a family. */
  readonly ips: readonly Ip[];
  /** `spec.podCIDRs`; the source of the NodeCIDR detector. */
  readonly podCIDRs: readonly Cidr[];
  /** Whether load balancers may send it new traffic: it is known, and nothing is about to remove it. */
  readonly isEligible: boolean;
}

/** One place a service port can send a connection. */
export interface Endpoint {
  readonly ip: Ip;
  readonly port: number;
  /** `ip:port` or `[ip]:port`: its identity. */
  readonly id: string;
  readonly isLocal: boolean;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
  /** From its slice. Only the userspace proxy heeds it. */
  readonly weight: number;
}

/** The endpoints a service port uses on this node, each list sorted by id (2). */
export interface ChosenEndpoints {
  /** For Cluster policy traffic, and for the short-circuits of Local policy; empty when not used. */
  readonly cluster: readonly Endpoint[];
  /** For Local policy traffic; empty when not used. */
  readonly local: readonly Endpoint[];
  /** The union of both. */
  readonly all: readonly Endpoint[];
  /** Whether any usable endpoint exists anywhere: decides reject (none) or drop (none here) (2.5). */
  readonly hasAny: boolean;
}

/** What kind of address a frontend is. ClusterIP is internal traffic, the others are external. */
export type FrontendKind = 'ClusterIP' | 'ExternalIP' | 'LoadBalancer' | 'NodePort';

/** One address and port at which a service port is reached. */
export interface Frontend {
  readonly kind: FrontendKind;
  /** `undefined` for a node port: it is reached at every node port address. */
  readonly ip: Ip | undefined;
  readonly protocol: Protocol;
  readonly port: number;
}

/** One port of a Service in one family, with everything decided that does not depend on the backend. */
export interface ServicePort {
  readonly key: ServicePortKey;
  readonly service: ServiceKey;
  /** `namespace/name:portname`, or `namespace/name` for an unnamed port: what people read. */
  readonly displayName: string;
  readonly portName: string;
  readonly family: IpFamily;
  readonly protocol: Protocol;
  /** The Service's ClusterIP in this family, without a port: for the set of active ClusterIPs. */
  readonly clusterIP: Ip;
  /** Those this service port owns: a frontend that an older Service claims is left out. */
  readonly frontends: readonly Frontend[];
  /** This family's ranges, not overlapping; empty means unrestricted. Guards LoadBalancer frontends. */
  readonly sourceRanges: readonly Cidr[];
  readonly affinitySeconds: number | undefined;
  readonly internalPolicy: TrafficPolicy;
  /** Local only where the Service is externally accessible (1.4). */
  readonly externalPolicy: TrafficPolicy;
  readonly healthCheckNodePort: number;
  readonly endpoints: ChosenEndpoints;
  /**
   * The ids of all endpoints that serve, sorted, whether this node sends them new traffic or not: what
   * UDP flows may stay with (5). Empty for other protocols, whose connections end by themselves.
   */
  readonly servingUdp: readonly string[];
  /** The balancer that the Service asks for. Only the userspace proxy heeds it. */
  readonly loadBalancing: LoadBalancing | undefined;
  /** Whether the Service asks for PROXY protocol headers. Only the userspace proxy heeds it, for TCP. */
  readonly sendsProxyHeader: boolean;
}

/** Something wrong with an object that was left out or partly used; never fatal. */
export interface Problem {
  /** `Service default/web`, `EndpointSlice default/web-abc12`, ... */
  readonly object: string;
  /**
   * The path of the field: `spec.ports[1].nodePort`, `metadata.labels["a.b/c"]`; empty when it is the
   * object as a whole.
   */
  readonly field: string;
  /** One sentence: what was expected and what came. */
  readonly message: string;
}
