/** Where packets are sent to: the frontends of Services, and plain addresses. */
import { type IpPair, ipsOfHost } from './hosts.ts';
import {
  clusterIps,
  externalIps,
  nodePortOf,
  SERVICE_PORT,
  type TestService,
  vips,
} from './service.ts';

/** An address in each family, and a port. */
export interface Target {
  readonly ips: IpPair;
  readonly port: number;
  /** The node whose rules a packet meets; default: the sender's own, and node 1 for a client. */
  readonly node?: number;
}

/** A Service, as far as its addresses go. */
type Numbered = Pick<TestService, 'number'>;

/** A Service's ClusterIP. */
export function clusterIpOf({ number }: Numbered, port = SERVICE_PORT): Target {
  return { ips: clusterIps(number), port };
}

/** A Service's external IP. */
export function externalIpOf({ number }: Numbered): Target {
  return { ips: externalIps(number), port: SERVICE_PORT };
}

/** A Service's load balancer address. */
export function vipOf({ number }: Numbered): Target {
  return { ips: vips(number), port: SERVICE_PORT };
}

/** A Service's node port at the InternalIPs of the node with this number. */
export function nodePortAt(node: number, service: Numbered): Target {
  return { ...nodePortAtIps(ipsOfHost(`node-${node}`), service), node };
}

/** A Service's node port at other addresses of the sender's node. */
export function nodePortAtIps(ips: IpPair, { number }: Numbered): Target {
  return { ips, port: nodePortOf(number) };
}

/** The same target, reached through the node with this number. */
export function through(node: number, target: Target): Target {
  return { ...target, node };
}
