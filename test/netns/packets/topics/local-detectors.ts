/**
 * How nodes tell pods from the rest of the world, and what follows for ClusterIPs and for Local
 * policy. Each node has a way of its own; pod 1 of each is an endpoint, and pod 2 a client.
 */
import { CLUSTER_CIDR_FLAGS } from '../cluster.ts';
import { kept, masqueraded, type PacketRow } from '../row.ts';
import { makeService, type TestService } from '../service.ts';
import { clusterIpOf, nodePortAt, through, vipOf } from '../target.ts';
import type { Topic } from '../topic.ts';

/** One node's way, and what it makes of connections to a ClusterIP. */
interface Detector {
  readonly name: string;
  readonly flags: readonly string[];
  readonly fromPods: typeof kept;
  readonly fromElsewhere: typeof kept;
  /** Whose pods count as pods: everybody's, the node's own, or nobody's. */
  readonly pods: 'of the cluster' | 'of the node' | 'none';
}

/** Node 1 first. */
const DETECTORS: readonly Detector[] = [
  {
    name: 'masqueradeAll',
    // Another bit than the default, while we are at it: nothing outside the node can tell.
    flags: [...CLUSTER_CIDR_FLAGS, '--masquerade-all', '--nftables-masquerade-bit', '3'],
    fromPods: masqueraded,
    fromElsewhere: masqueraded,
    pods: 'of the cluster',
  },
  {
    name: 'NodeCIDR',
    flags: ['--detect-local-mode', 'NodeCIDR'],
    fromPods: kept,
    fromElsewhere: masqueraded,
    pods: 'of the node',
  },
  {
    name: 'BridgeInterface',
    flags: ['--detect-local-mode', 'BridgeInterface', '--pod-bridge-interface', 'cni0'],
    fromPods: kept,
    fromElsewhere: masqueraded,
    pods: 'of the node',
  },
  {
    name: 'InterfaceNamePrefix',
    flags: ['--detect-local-mode', 'InterfaceNamePrefix', '--pod-interface-name-prefix', 'vethpod'],
    fromPods: kept,
    fromElsewhere: masqueraded,
    pods: 'of the node',
  },
  {
    name: 'no detector',
    // ClusterCIDR, and no CIDR.
    flags: [],
    fromPods: kept,
    fromElsewhere: kept,
    pods: 'none',
  },
];

/** Services that the router sends to the node of the same place in the list, node 1 first. */
export const DETECTOR_SERVICES = DETECTORS.map((_, index) => servicesOf(index + 1));

/** The agents' flags, node 1 first. */
export const DETECTOR_FLAGS = DETECTORS.map(({ flags }) => flags);

/** What each way makes of packets. */
export const LOCAL_DETECTORS: readonly Topic[] = DETECTORS.map((detector, index) => ({
  name: detector.name,
  services: Object.values(servicesOf(index + 1)),
  rows: rowsOf(detector, index + 1),
}));

// --- internal ---

function otherNode(node: number): number {
  return (node % DETECTORS.length) + 1;
}

/** One Service with an endpoint on the node, and one of Local policy with another elsewhere. */
function servicesOf(node: number): { readonly web: TestService; readonly local: TestService } {
  const here = `pod-${node}-1`;
  return {
    web: makeService({ number: node, name: `web-${node}`, endpoints: [here] }),
    local: makeService({
      number: 10 + node,
      name: `local-${node}`,
      type: 'LoadBalancer',
      endpoints: [here, `pod-${otherNode(node)}-1`],
      spec: { externalTrafficPolicy: 'Local' },
    }),
  };
}

function rowsOf(detector: Detector, node: number): PacketRow[] {
  const { web, local } = servicesOf(node);
  const [here, there] = [`pod-${node}-1`, `pod-${otherNode(node)}-1`];
  return [
    {
      name: 'a pod reaches a ClusterIP',
      from: `pod-${node}-2`,
      to: clusterIpOf(web),
      expected: detector.fromPods(here),
    },
    {
      name: 'the node reaches a ClusterIP',
      from: `node-${node}`,
      to: clusterIpOf(web),
      expected: detector.fromElsewhere(here),
    },
    {
      name: 'a client outside reaches a ClusterIP',
      from: 'client-1',
      to: through(node, clusterIpOf(web)),
      expected: detector.fromElsewhere(here),
    },
    {
      name: 'a pod reaches a VIP of Local policy',
      from: `pod-${node}-2`,
      to: vipOf(local),
      expected: detector.pods === 'none' ? kept(here) : kept(here, there),
    },
    {
      name: 'the node reaches a VIP of Local policy',
      from: `node-${node}`,
      to: vipOf(local),
      expected: masqueraded(here, there),
    },
    {
      name: 'a client outside reaches a VIP of Local policy',
      from: 'client-1',
      to: through(node, vipOf(local)),
      expected: kept(here),
    },
    ...(detector.pods === 'of the node'
      ? [
          {
            name: 'a pod of another node reaches a node port of Local policy as a client outside',
            from: `pod-${otherNode(node)}-2`,
            to: nodePortAt(node, local),
            expected: kept(here),
          },
        ]
      : []),
  ];
}
