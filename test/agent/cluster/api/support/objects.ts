/** Objects of the API for tests. */
import { nodeIp, podIp, SERVICE_CIDR } from '../../../../support/addresses.ts';

/** A slice of this Service, of so many endpoints. */
export function sliceObject(
  name: string,
  service: string,
  endpoints = 1,
  metadata: object = {},
): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, labels: { 'kubernetes.io/service-name': service }, ...metadata },
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints: Array.from({ length: endpoints }, (_, index) => ({
      addresses: [podIp('IPv4', 1, index + 1)],
    })),
  };
}

/** A Node with its internal address. */
export function nodeObject(name: string, number = 1): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: { addresses: [{ type: 'InternalIP', address: nodeIp('IPv4', number) }] },
  };
}

/** A ServiceCIDR with the IPv4 range of the address legend. */
export function serviceCidrObject(name: string): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name },
    spec: { cidrs: [SERVICE_CIDR.IPv4] },
  };
}
