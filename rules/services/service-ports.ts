/** Service + EndpointSlices + node facts -> service ports of one family (1.4, 2). */
import { familyOf, type IpFamily } from '../ip.ts';
import type { Claims } from './claims.ts';
import { endpointsOf } from './endpoints.ts';
import { clusterIpOf, frontendsOf } from './frontends.ts';
import { displayName, serviceKey, servicePortKey } from './keys.ts';
import { chooseEndpoints, type Place } from './topology.ts';
import { usesClusterEndpoints, usesLocalEndpoints } from './traffic.ts';
import type { Endpoint, EndpointSlice, Service, ServicePort } from './types.ts';

/** What the service ports depend on besides the Service. */
export interface Surroundings {
  /** The Service's slices, both families. */
  readonly slices: readonly EndpointSlice[];
  readonly place: Place;
  /** A frontend that it denies is left out. */
  readonly owns: Claims['owns'];
}

/** The Service's ports in one family; none when it has no ClusterIP there. */
export function servicePortsOf(
  service: Service,
  family: IpFamily,
  { slices, place, owns }: Surroundings,
): ServicePort[] {
  const clusterIP = clusterIpOf(service, family);
  if (clusterIP === undefined) return [];
  const sourceRanges = service.sourceRanges.filter((cidr) => familyOf(cidr) === family);
  return service.ports.map((port) => {
    const key = servicePortKey(service, port);
    const frontends = frontendsOf(service, port, family).filter((it) => owns(key, family, it));
    const policies = {
      frontends,
      internalPolicy: service.internalPolicy,
      externalPolicy: isEverExternal(service) ? service.externalPolicy : 'Cluster',
    } as const;
    const uses = {
      cluster: usesClusterEndpoints(policies),
      // The health check counts them, also while there is no address outside yet.
      local: usesLocalEndpoints(policies) || service.healthCheckNodePort !== 0,
    };
    const endpoints = endpointsOf(slices, { port, family, nodeName: place.name });
    return {
      key,
      service: serviceKey(service.namespace, service.name),
      displayName: displayName(service, port),
      portName: port.name,
      family,
      protocol: port.protocol,
      clusterIP,
      ...policies,
      sourceRanges,
      affinitySeconds: service.affinitySeconds,
      healthCheckNodePort: service.healthCheckNodePort,
      endpoints: chooseEndpoints(endpoints, uses, place),
      loadBalancing: service.loadBalancing,
      sendsProxyHeader: service.sendsProxyHeader,
      servingUdp: port.protocol === 'udp' ? endpoints.filter(serves).map(({ id }) => id) : NONE,
    };
  });
}

// --- internal ---

const NONE: readonly string[] = Object.freeze([]);

function serves({ serving }: Endpoint): boolean {
  return serving;
}

/** Whether the external policy counts: by type, not by the frontends of one family (1.4). */
function isEverExternal({ type, externalIPs }: Service): boolean {
  return type !== 'ClusterIP' || externalIPs.length > 0;
}
