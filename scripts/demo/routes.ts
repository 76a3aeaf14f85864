/** The ways to `web`: who connects to which of its addresses. */
import { type Ip, type IpFamily, familyOf, joinHostPort } from '../../rules/ip.ts';
import type { Service } from '../../rules/services/types.ts';
import { nodeIp } from '../../test/support/addresses.ts';
import type { SocketProtocol } from '../world/host/protocol.ts';
import { CLIENT, CLIENT_POD, NODE_PORT_NODE } from './cast.ts';

/** Connections of one host to one kind of address. */
export interface Route {
  /** What the addresses are, in words. */
  readonly kind: string;
  /** The host that connects. */
  readonly from: string;
  readonly targets: Readonly<Record<IpFamily, Target>>;
}

/** Where a connection goes. */
export interface Target {
  readonly protocol: SocketProtocol;
  readonly ip: Ip;
  readonly port: number;
}

/** All ways to the first port of a Service, which has to be a TCP port. */
export function routesTo({ ports, loadBalancerVIPs, clusterIPs }: Service): Route[] {
  const { port, nodePort } = ports[0] ?? { port: 0, nodePort: 0 };
  const nodeIps = [nodeIp('IPv4', NODE_PORT_NODE.IPv4), nodeIp('IPv6', NODE_PORT_NODE.IPv6)];
  return [
    { kind: 'balancer', from: CLIENT, targets: bothFamilies(loadBalancerVIPs, port) },
    { kind: 'node port', from: CLIENT, targets: bothFamilies(nodeIps, nodePort) },
    { kind: 'ClusterIP', from: CLIENT_POD.name, targets: bothFamilies(clusterIPs, port) },
  ];
}

/** The only one of these addresses in this family; throws when there is none. */
export function inFamily(ips: readonly Ip[], family: IpFamily): Ip {
  const ip = ips.find((each) => familyOf(each) === family);
  if (ip === undefined) throw new Error(`an ${family} address is needed, not ${ips.join(', ')}`);
  return ip;
}

/** A target as people write it: `10.96.0.10:80`. */
export function targetText({ ip, port }: Target): string {
  return joinHostPort(ip, port);
}

// --- internal ---

function bothFamilies(ips: readonly Ip[], port: number): Record<IpFamily, Target> {
  return {
    IPv4: { protocol: 'tcp', ip: inFamily(ips, 'IPv4'), port },
    IPv6: { protocol: 'tcp', ip: inFamily(ips, 'IPv6'), port },
  };
}
