/** Manifest texts for tests. */
import { clusterIp, nodeIp, podIp } from '../../../support/addresses.ts';

/** A Service with one port; line 4 holds its name and line 8 its port. */
export function serviceYaml(name: string, port = 80): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  clusterIP: ${clusterIp('IPv4', 1)}
  ports:
    - port: ${port}
`;
}

/** A Service as an object, for JSON and Lists. */
export function serviceObject(name: string, port = 80): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { clusterIP: clusterIp('IPv4', 1), ports: [{ port }] },
  };
}

/** A ready endpoint for the Service of this name. */
export function sliceYaml(name: string, service: string): string {
  return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${name}
  labels:
    kubernetes.io/service-name: ${service}
addressType: IPv4
ports:
  - port: 8080
endpoints:
  - addresses: [${podIp('IPv4', 1, 1)}]
`;
}

/** A Node with its internal address. */
export function nodeYaml(name: string): string {
  return `apiVersion: v1
kind: Node
metadata:
  name: ${name}
status:
  addresses:
    - {type: InternalIP, address: ${nodeIp('IPv4', 1)}}
`;
}

/** A ServiceCIDR of this version of its API. */
export function serviceCidrYaml(name: string, cidr: string, version = 'v1'): string {
  return `apiVersion: networking.k8s.io/${version}
kind: ServiceCIDR
metadata: {name: ${name}}
spec: {cidrs: ["${cidr}"]}
`;
}

/** Texts as the documents of one YAML stream. */
export function documents(...texts: string[]): string {
  return texts.join('---\n');
}
