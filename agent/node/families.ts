/** Which address families this node's kernel has. */
import { existsSync } from 'node:fs';
import type { IpFamily } from '../../rules/ip.ts';

/** IPv4 always; IPv6 where the kernel has it, as kube-proxy finds out (behaviour document, 7.6). */
export function supportedFamilies(): IpFamily[] {
  return existsSync('/proc/net/if_inet6') ? ['IPv4', 'IPv6'] : ['IPv4'];
}
