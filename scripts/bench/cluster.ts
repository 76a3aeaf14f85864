/**
 * A made-up cluster, as the API server would describe it: Services with one port and a ClusterIP,
 * each with one EndpointSlice, and pods spread over 1,000 nodes.
 */
import type { Cidr, Ip } from '../../rules/ip.ts';
import { parseEndpointSlice } from '../../rules/services/parse/endpoint-slice.ts';
import type { Outcome } from '../../rules/services/parse/outcome.ts';
import { parseService } from '../../rules/services/parse/service.ts';
import type { EndpointSlice, NodeFacts, Service } from '../../rules/services/types.ts';
import type { World } from '../../rules/services/world.ts';
import type { ClusterSize } from './figures.ts';

/** Where ClusterIPs come from. */
export const SERVICE_CIDR = '10.96.0.0/12' as Cidr;

/** Where pods come from. */
export const POD_CIDR = '10.128.0.0/9' as Cidr;

/** The node that the agent runs on: every thousandth pod is here. */
export const NODE: NodeFacts = {
  name: 'node-0',
  zone: '',
  ips: ['192.168.0.1' as Ip],
  podCIDRs: [],
  isEligible: true,
};

/** What the Services speak, in the API server's words. */
export type ServiceProtocol = 'TCP' | 'UDP';

/** Puts a whole cluster into a world. */
export function fillWorld(
  world: World,
  size: ClusterSize,
  protocol: ServiceProtocol = 'TCP',
): void {
  world.setNode(NODE);
  world.setServiceCidrs('kubernetes', [SERVICE_CIDR]);
  for (let service = 0; service < size.services; service++) {
    world.upsertService(makeService(service, protocol));
    world.upsertSlice(makeSlice(service, initialPods(service, size.endpoints), protocol));
  }
}

/** The pods (by number) of a Service before anything changes: no pod serves two of them. */
export function initialPods(service: number, endpoints: number): number[] {
  return Array.from({ length: endpoints }, (_, index) => service * endpoints + index);
}

/** A Service, by its number from 0. */
export function makeService(service: number, protocol: ServiceProtocol = 'TCP'): Service {
  return valueOf(parseService(rawService(service, protocol)));
}

/** The EndpointSlice of a Service, with an endpoint for each of these pods. */
export function makeSlice(
  service: number,
  pods: readonly number[],
  protocol: ServiceProtocol = 'TCP',
): EndpointSlice {
  return valueOf(parseEndpointSlice(rawSlice(service, pods, protocol)));
}

/** The ClusterIP of a Service, by its number. */
export function clusterIpOf(service: number): string {
  // From .1 on: the first address of a network is not for use.
  return address(SERVICE_CIDR, service + 1);
}

/** The address of a pod, by its number. */
export function podIpOf(pod: number): string {
  return address(POD_CIDR, pod);
}

/** What the API server says of a Service. */
export function rawService(service: number, protocol: ServiceProtocol = 'TCP'): object {
  const clusterIP = clusterIpOf(service);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      namespace: 'bench',
      name: nameOf(service),
      creationTimestamp: '2026-01-31T12:00:00Z',
      labels: { app: nameOf(service) },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      ports: [{ name: 'http', protocol, port: 80, targetPort: 8080 }],
      selector: { app: nameOf(service) },
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
    },
  };
}

/** What the API server says of an EndpointSlice. */
export function rawSlice(
  service: number,
  pods: readonly number[],
  protocol: ServiceProtocol = 'TCP',
): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'bench',
      name: `${nameOf(service)}-abcde`,
      labels: { 'kubernetes.io/service-name': nameOf(service) },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol, port: 8080 }],
    endpoints: pods.map((pod) => ({
      addresses: [podIpOf(pod)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${pod % NODES}`,
      targetRef: { kind: 'Pod', namespace: 'bench', name: `pod-${pod}` },
    })),
  };
}

// --- internal ---

const NODES = 1_000;

function nameOf(service: number): string {
  return `service-${service}`;
}

/** The address with this number in an IPv4 network. */
function address(cidr: Cidr, number: number): string {
  const [first = 0, second = 0] = cidr.split('.').map(Number);
  return [first, second + (number >> 16), (number >> 8) & 255, number & 255].join('.');
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.kind === 'ok' && outcome.problems.length === 0) return outcome.value;
  throw new Error(`the made-up cluster has a bad object: ${JSON.stringify(outcome)}`);
}
