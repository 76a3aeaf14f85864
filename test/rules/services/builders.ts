/** Small objects with sensible fields, for tests that care about one or two of them. */
import { parseEndpointSlice } from '../../../rules/services/parse/endpoint-slice.ts';
import type { Outcome } from '../../../rules/services/parse/outcome.ts';
import { parseService } from '../../../rules/services/parse/service.ts';
import { serviceKey } from '../../../rules/services/keys.ts';
import type {
  ChosenEndpoints,
  Endpoint,
  EndpointSlice,
  Service,
  ServicePort,
  ServicePortKey,
  SliceEndpoint,
} from '../../../rules/services/types.ts';
import { joinHostPort } from '../../../rules/ip.ts';
import { clusterIp, podIp } from '../../support/addresses.ts';

export function makeService(fields: Partial<Service> = {}): Service {
  return {
    namespace: 'default',
    name: 'web',
    createdAtMs: 1,
    type: 'ClusterIP',
    clusterIPs: [clusterIp('IPv4', 1)],
    ports: [{ name: 'http', protocol: 'tcp', port: 80, nodePort: 0 }],
    externalIPs: [],
    loadBalancerVIPs: [],
    sourceRanges: [],
    affinitySeconds: undefined,
    internalPolicy: 'Cluster',
    externalPolicy: 'Cluster',
    healthCheckNodePort: 0,
    loadBalancing: undefined,
    sendsProxyHeader: false,
    ...fields,
  };
}

/** An endpoint of a slice: pod 1 of node 1, ready. */
export function makeSliceEndpoint(fields: Partial<SliceEndpoint> = {}): SliceEndpoint {
  return {
    ip: podIp('IPv4', 1, 1),
    ready: true,
    serving: true,
    terminating: false,
    nodeName: 'node-1',
    zoneHints: [],
    nodeHints: [],
    ...fields,
  };
}

/** A slice of default/web with one endpoint for its port `http`. */
export function makeSlice(fields: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    namespace: 'default',
    name: 'web-1',
    service: serviceKey('default', 'web'),
    family: 'IPv4',
    ports: [{ name: 'http', protocol: 'tcp', port: 8080 }],
    endpoints: [makeSliceEndpoint()],
    weight: 1,
    ...fields,
  };
}

/** The endpoint on this node's pod 1 (node 1) or another node's; `local` follows from the node number. */
export function makeEndpoint(node: number, pod: number, fields: Partial<Endpoint> = {}): Endpoint {
  const ip = podIp('IPv4', node, pod);
  return {
    ip,
    port: 8080,
    id: joinHostPort(ip, 8080),
    isLocal: node === 1,
    ready: true,
    serving: true,
    terminating: false,
    zoneHints: [],
    nodeHints: [],
    weight: 1,
    ...fields,
  };
}

export function makeServicePort(fields: Partial<ServicePort> = {}): ServicePort {
  return {
    key: 'default/web:http/tcp' as ServicePortKey,
    service: serviceKey('default', 'web'),
    displayName: 'default/web:http',
    portName: 'http',
    family: 'IPv4',
    protocol: 'tcp',
    clusterIP: clusterIp('IPv4', 1),
    frontends: [{ kind: 'ClusterIP', ip: clusterIp('IPv4', 1), protocol: 'tcp', port: 80 }],
    sourceRanges: [],
    affinitySeconds: undefined,
    internalPolicy: 'Cluster',
    externalPolicy: 'Cluster',
    healthCheckNodePort: 0,
    endpoints: makeChosen(),
    servingUdp: [],
    loadBalancing: undefined,
    sendsProxyHeader: false,
    ...fields,
  };
}

export function makeChosen(fields: Partial<ChosenEndpoints> = {}): ChosenEndpoints {
  return { cluster: [], local: [], all: [], hasAny: false, ...fields };
}

/** A Service as the API server or a manifest has it. */
export function rawService(spec: object = {}, rest: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web' },
    spec: { clusterIP: clusterIp('IPv4', 1), ports: [{ name: 'http', port: 80 }], ...spec },
    ...rest,
  };
}

/** An EndpointSlice as the API server or a manifest has it. */
export function rawSlice(fields: object = {}): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'default',
      name: 'web-1',
      labels: { 'kubernetes.io/service-name': 'web' },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [rawEndpoint()],
    ...fields,
  };
}

/** One entry of an EndpointSlice's endpoints: pod 1 of node 1. */
export function rawEndpoint(fields: object = {}): object {
  return { addresses: [podIp('IPv4', 1, 1)], nodeName: 'node-1', ...fields };
}

/** The value of an outcome that must be `ok` without problems. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.kind === 'ok' && outcome.problems.length === 0) return outcome.value;
  throw new Error(`expected ok without problems, got ${JSON.stringify(outcome)}`);
}

/** The outcome's problems as `field: message`; an ignored object has none. */
export function problemsOf(outcome: Outcome<unknown>): string[] {
  if (outcome.kind === 'ignored') return [];
  return outcome.problems.map(({ field, message }) => `${field}: ${message}`);
}

export const parsedService = (raw: object): Service => valueOf(parseService(raw));
export const parsedSlice = (raw: object): EndpointSlice => valueOf(parseEndpointSlice(raw));
