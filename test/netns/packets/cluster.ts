/** What every cluster of the packet tests has besides Services, as manifests. */
import { CLUSTER_CIDR, SERVICE_CIDR } from '../../support/addresses.ts';
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { podCidr } from '../../../scripts/world/topology.ts';
import { ipsOfHost, listOf } from './hosts.ts';

/** Tells pods by the network of all of them, as most clusters do. */
export const CLUSTER_CIDR_FLAGS: readonly string[] = [
  '--cluster-cidr',
  IP_FAMILIES.map((family) => CLUSTER_CIDR[family]).join(),
];

/** The zone of node 1 or 2; the others are in none. */
export function zoneOf(node: 1 | 2): string {
  return `zone-${node}`;
}

/** The nodes 1 to `count` and the ServiceCIDR. */
export function clusterObjects(count: number): object[] {
  return [
    ...Array.from({ length: count }, (_, index) => nodeManifest(index + 1)),
    TEST_SERVICE_CIDR,
  ];
}

/** The ranges of the ClusterIPs that tests choose. */
export const TEST_SERVICE_CIDR = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  // A real API server has one by the name of `kubernetes` that is its own.
  metadata: { name: 'tests' },
  spec: { cidrs: IP_FAMILIES.map((family) => SERVICE_CIDR[family]) },
};

// --- internal ---

function nodeManifest(node: number): object {
  const name = `node-${node}`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: node === 1 || node === 2 ? { 'topology.kubernetes.io/zone': zoneOf(node) } : {},
    },
    spec: { podCIDRs: IP_FAMILIES.map((family) => podCidr(family, node)) },
    status: {
      addresses: listOf(ipsOfHost(name)).map((address) => ({ type: 'InternalIP', address })),
    },
  };
}
