/**
 * Services for packet tests, as manifests. A Service's number decides its addresses, so that one
 * scene has room for many of them: ClusterIP and external IP n, load balancer VIP 100 + n, node port
 * 30000 + n.
 */
import { IP_FAMILIES, type IpFamily } from '../../../rules/ip.ts';
import { clusterIp, externalIp } from '../../support/addresses.ts';
import { type IpPair, inBothFamilies, ipsOfHost, listOf, nodeNumberOf } from './hosts.ts';

/** The port that Services listen at unless a test says otherwise. */
export const SERVICE_PORT = 80;

/** The port that every host of a bed serves, over TCP and UDP. */
export const ENDPOINT_PORT = 8080;
/** Another one, to tell ports of a Service apart. */
export const OTHER_ENDPOINT_PORT = 8081;

/** A host as an endpoint; conditions that are absent are left to their defaults. */
export interface EndpointOptions {
  readonly host: string;
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
  /** Zone and node hints. */
  readonly zones?: readonly string[];
  readonly nodes?: readonly string[];
}

/** A port of a Service with its slices' side of it. */
export interface PortOptions {
  readonly name?: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port?: number;
  readonly targetPort?: number;
  /** Default: the Service's. */
  readonly endpoints?: readonly Endpoint[];
}

/** A host's name stands for a ready endpoint. */
export type Endpoint = string | EndpointOptions;

/** What a Service is made from. */
export interface ServiceOptions {
  /** Each once in a scene; from 1, and up to 99 where external addresses follow from it. */
  readonly number: number;
  readonly name: string;
  /** NodePort brings a node port, LoadBalancer also a VIP; default ClusterIP. */
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly hasExternalIp?: boolean;
  readonly endpoints: readonly Endpoint[];
  /** Default: port 80 to 8080 over TCP, and the same over UDP. */
  readonly ports?: readonly PortOptions[];
  /** Default: both. */
  readonly families?: readonly IpFamily[];
  /** More fields, or other values of those that follow from the options. */
  readonly metadata?: object;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: object;
}

/** A Service and its EndpointSlices. */
export interface TestService {
  readonly number: number;
  readonly name: string;
  /** As manifests. */
  readonly objects: readonly object[];
}

/** Makes a Service, and for each family a slice for each set of ports with the same endpoints. */
export function makeService(options: ServiceOptions): TestService {
  const { number, name } = options;
  return { number, name, objects: [serviceManifest(options), ...sliceManifests(options)] };
}

/** The ClusterIPs of the Service with this number. */
export function clusterIps(number: number): IpPair {
  return inBothFamilies((family) => clusterIp(family, number));
}

/** Its external IPs. */
export function externalIps(number: number): IpPair {
  return inBothFamilies((family) => externalIp(family, number));
}

/** Its load balancer addresses. */
export function vips(number: number): IpPair {
  return inBothFamilies((family) => externalIp(family, 100 + number));
}

/** Its node port. */
export function nodePortOf(number: number): number {
  return 30_000 + number;
}

// --- internal ---

const DEFAULT_PORTS: readonly PortOptions[] = [
  { name: 'tcp', protocol: 'TCP' },
  { name: 'udp', protocol: 'UDP' },
];

function serviceManifest(options: ServiceOptions): object {
  const { number, name, type = 'ClusterIP', ports = DEFAULT_PORTS } = options;
  const { families = IP_FAMILIES } = options;
  const clusterIPs = families.map((family) => clusterIp(family, number));
  const ingress = type === 'LoadBalancer' ? listOf(vips(number)).map((ip) => ({ ip })) : [];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name, ...options.metadata },
    spec: {
      type,
      clusterIP: clusterIPs[0],
      clusterIPs,
      ipFamilyPolicy: families.length > 1 ? 'RequireDualStack' : 'SingleStack',
      ipFamilies: families,
      ports: ports.map(({ name, protocol, port = SERVICE_PORT }) => ({
        ...(name !== undefined && { name }),
        protocol,
        port,
        ...(type !== 'ClusterIP' && port === SERVICE_PORT && { nodePort: nodePortOf(number) }),
      })),
      ...(type === 'LoadBalancer' &&
        options.spec?.externalTrafficPolicy === 'Local' && {
          healthCheckNodePort: 31_000 + number,
        }),
      ...(options.hasExternalIp === true && { externalIPs: listOf(externalIps(number)) }),
      ...options.spec,
    },
    status: { loadBalancer: { ingress }, ...options.status },
  };
}

function sliceManifests(options: ServiceOptions): object[] {
  const { name, families = IP_FAMILIES, ports: allPorts = DEFAULT_PORTS } = options;
  const byEndpoints = Map.groupBy(allPorts, (port) => port.endpoints ?? options.endpoints);
  return families.flatMap((family) =>
    [...byEndpoints].map(([endpoints, ports], index) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace: 'default',
        name: `${name}-${family.toLowerCase()}-${index}`,
        labels: { 'kubernetes.io/service-name': name },
      },
      addressType: family,
      ports: ports.map(({ name = '', protocol, targetPort = ENDPOINT_PORT }) => {
        return { name, protocol, port: targetPort };
      }),
      endpoints: endpoints.map((endpoint) => endpointManifest(endpoint, family)),
    })),
  );
}

function endpointManifest(endpoint: Endpoint, family: IpFamily): object {
  const { host, zones, nodes, ...conditions } =
    typeof endpoint === 'string' ? { host: endpoint } : endpoint;
  return {
    addresses: [ipsOfHost(host)[family]],
    nodeName: `node-${nodeNumberOf(host)}`,
    conditions,
    hints: {
      ...(zones !== undefined && { forZones: zones.map((name) => ({ name })) }),
      ...(nodes !== undefined && { forNodes: nodes.map((name) => ({ name })) }),
    },
  };
}
