/** At which of the node's addresses the health-check node ports of one family are served (6.2). */
import { cidrContains, type Ip, type IpFamily } from '../../rules/ip.ts';
import type { NodePortMatch } from '../../rules/node/node-port-addresses.ts';

/**
 * Every address, or each of the node's addresses where node ports are reachable. Where the node's
 * addresses are not known it is every address, too: better a probe too many than no load balancer.
 */
export function healthCheckIps(
  nodePorts: NodePortMatch,
  family: IpFamily,
  addresses: ReadonlySet<Ip> | undefined,
): readonly Ip[] {
  if (nodePorts.matchAll || addresses === undefined) return [ANY_IP[family]];
  const reachable = [...addresses].filter((ip) =>
    nodePorts.cidrs.some((cidr) => cidrContains(cidr, ip)),
  );
  return reachable.sort();
}

// --- internal ---

const ANY_IP: Readonly<Record<IpFamily, Ip>> = { IPv4: '0.0.0.0' as Ip, IPv6: '::' as Ip };
