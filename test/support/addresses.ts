/**
 * The address legend: every address that a test uses comes from here, so that a reader knows at a
 * glance what it is.
 *
 *   10.244.<node>.0/24      fd00:10:244:<node>::/64   pods of node 1, 2, ...
 *   10.96.0.0/16            fd00:10:96::/112          ClusterIPs
 *   10.95.0.0/24            fd00:10:95::/120          those that kube-apiserver gives out by itself
 *   192.168.50.<node>/24    fd00:192:168:50::<node>   nodes on their shared network
 *   203.0.113.0/24          2001:db8:113::/64         external IPs and load balancer VIPs
 *   198.51.100.0/24         2001:db8:51::/64          clients outside the cluster
 */
import type { Cidr, Ip, IpFamily } from '../../rules/ip.ts';

export const CLUSTER_CIDR: Record<IpFamily, Cidr> = {
  IPv4: '10.244.0.0/16' as Cidr,
  IPv6: 'fd00:10:244::/48' as Cidr,
};

export const SERVICE_CIDR: Record<IpFamily, Cidr> = {
  IPv4: '10.96.0.0/16' as Cidr,
  IPv6: 'fd00:10:96::/112' as Cidr,
};

/** External IPs and load balancer VIPs. */
export const EXTERNAL_CIDR: Record<IpFamily, Cidr> = {
  IPv4: '203.0.113.0/24' as Cidr,
  IPv6: '2001:db8:113::/64' as Cidr,
};

/** A range of its own for a real API server, so that it takes no ClusterIP that a test chooses. */
export const DEFAULT_SERVICE_CIDR: Record<IpFamily, Cidr> = {
  IPv4: '10.95.0.0/24' as Cidr,
  IPv6: 'fd00:10:95::/120' as Cidr,
};

/** This machine itself: the only addresses that tests outside of namespaces listen at. */
export const LOOPBACK: Record<IpFamily, Ip> = { IPv4: '127.0.0.1' as Ip, IPv6: '::1' as Ip };

/** The pod with this number on this node, both from 1. */
export function podIp(family: IpFamily, node: number, pod: number): Ip {
  return (
    family === 'IPv4' ? `10.244.${node}.${pod + 1}` : `fd00:10:244:${hex(node)}::${hex(pod + 1)}`
  ) as Ip;
}

/** The ClusterIP with this number, from 1. */
export function clusterIp(family: IpFamily, number: number): Ip {
  return (
    family === 'IPv4' ? `10.96.${number >> 8}.${number & 255}` : `fd00:10:96::${hex(number)}`
  ) as Ip;
}

/** The node with this number, from 1. */
export function nodeIp(family: IpFamily, node: number): Ip {
  return (family === 'IPv4' ? `192.168.50.${node}` : `fd00:192:168:50::${hex(node)}`) as Ip;
}

/** An external IP or load balancer VIP, from 1. */
export function externalIp(family: IpFamily, number: number): Ip {
  return (family === 'IPv4' ? `203.0.113.${number}` : `2001:db8:113::${hex(number)}`) as Ip;
}

/** A client outside the cluster, from 1. */
export function clientIp(family: IpFamily, number: number): Ip {
  return (family === 'IPv4' ? `198.51.100.${number}` : `2001:db8:51::${hex(number)}`) as Ip;
}

// --- internal ---

function hex(value: number): string {
  return value.toString(16);
}
