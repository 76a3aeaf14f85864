/**
 * Who this node is: its name and its IPs (behaviour document, section 7.6).
 */
import { familyOf, isUnspecified, type Ip, type IpFamily } from '../ip.ts';

/**
 * The node's name: the override if there is one, else the operating system's host name; trimmed and
 * in lower case, as the kubelet registers it. Throws a RangeError when nothing is left.
 */
export function nodeNameFrom(hostnameOverride: string, osHostname: string): string {
  const name = (hostnameOverride === '' ? osHostname : hostnameOverride).trim().toLowerCase();
  if (name === '') {
    throw new RangeError(
      'the node has no name: the host name is empty; set hostnameOverride (--hostname-override)',
    );
  }
  return name;
}

/**
 * The node's IPs, one a family, the primary family's first. A bind address that is a real address
 * is the primary IP, whatever the Node object says; a family of which nothing is known gets its
 * loopback address, and IPv4 is primary when nothing is known at all.
 */
export function nodeIpsFrom(bindAddress: Ip, nodeObjectIps: readonly Ip[]): readonly [Ip, Ip] {
  const primary = isUnspecified(bindAddress) ? (nodeObjectIps[0] ?? LOOPBACK_IP.IPv4) : bindAddress;
  const otherFamily = familyOf(primary) === 'IPv4' ? 'IPv6' : 'IPv4';
  const secondary = nodeObjectIps.find((ip) => familyOf(ip) === otherFamily);
  return [primary, secondary ?? LOOPBACK_IP[otherFamily]];
}

// --- internal ---

const LOOPBACK_IP: Readonly<Record<IpFamily, Ip>> = {
  IPv4: '127.0.0.1' as Ip,
  IPv6: '::1' as Ip,
};
