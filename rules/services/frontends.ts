/** Where a Service wants to be reached. Whether it is, the claims decide. */
import { familyOf, type Ip, type IpFamily } from '../ip.ts';
import type { Frontend, FrontendKind, PortSpec, Service } from './types.ts';

/** The Service's ClusterIP of this family; without one it has no service ports there (1.4). */
export function clusterIpOf(service: Service, family: IpFamily): Ip | undefined {
  return service.clusterIPs.find((ip) => familyOf(ip) === family);
}

/**
 * The frontends of one port in one family, each address once: where an address serves in several
 * ways, ClusterIP counts before LoadBalancer, which carries source ranges, and that before
 * ExternalIP.
 */
export function frontendsOf(service: Service, port: PortSpec, family: IpFamily): Frontend[] {
  const clusterIP = clusterIpOf(service, family);
  if (clusterIP === undefined) return [];
  const kinds = new Map<Ip, FrontendKind>([[clusterIP, 'ClusterIP']]);
  for (const [kind, ips] of [
    ['LoadBalancer', service.loadBalancerVIPs],
    ['ExternalIP', service.externalIPs],
  ] as const) {
    for (const ip of ips) {
      if (familyOf(ip) === family && !kinds.has(ip)) kinds.set(ip, kind);
    }
  }
  const { protocol } = port;
  const frontends = [...kinds].map(([ip, kind]): Frontend => ({
    kind,
    ip,
    protocol,
    port: port.port,
  }));
  if (port.nodePort === 0) return frontends;
  return [...frontends, { kind: 'NodePort', ip: undefined, protocol, port: port.nodePort }];
}
