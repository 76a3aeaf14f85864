/** ClusterIPs: who reaches which endpoints with which address, and what is refused. */
import { kept, masqueraded } from '../row.ts';
import { clusterIps, makeService, SERVICE_PORT } from '../service.ts';
import { clusterIpOf, type Target } from '../target.ts';
import type { Topic } from '../topic.ts';

/** Balanced over three endpoints. */
export const THREE_ENDPOINTS = makeService({
  number: 1,
  name: 'web',
  endpoints: ['pod-1-1', 'pod-1-2', 'pod-2-1'],
});

const empty = makeService({ number: 2, name: 'empty', endpoints: [] });

const bridged = makeService({ number: 3, name: 'bridged', endpoints: ['pod-1-1'] });

const routed = makeService({ number: 4, name: 'routed', endpoints: ['pod-2-1'] });

const pair = makeService({ number: 5, name: 'pair', endpoints: ['pod-1-1', 'pod-1-2'] });

const hostHere = makeService({ number: 6, name: 'host-here', endpoints: ['node-1'] });

const hostThere = makeService({ number: 7, name: 'host-there', endpoints: ['node-2'] });

/** In the ServiceCIDR, and no Service's. */
const UNALLOCATED: Target = { ips: clusterIps(200), port: SERVICE_PORT };
const UNUSED_PORT = clusterIpOf(THREE_ENDPOINTS, 81);

/** Every way of meeting node 1's rules: forwarded from a pod, sent by the node, forwarded from outside. */
const SENDERS = [
  { from: 'pod-1-3', who: 'a pod' },
  { from: 'node-1', who: 'the node' },
  { from: 'client-1', who: 'a client outside' },
];

/** Reaching a ClusterIP. */
export const CLUSTER_IPS: Topic = {
  name: 'ClusterIPs',
  services: [THREE_ENDPOINTS, empty, bridged, routed, pair, hostHere, hostThere],
  rows: [
    {
      name: 'a pod reaches every endpoint with its own address',
      from: 'pod-1-3',
      to: clusterIpOf(THREE_ENDPOINTS),
      expected: kept('pod-1-1', 'pod-1-2', 'pod-2-1'),
    },
    {
      name: 'a pod with a routed link reaches every endpoint with its own address',
      from: 'pod-2-3',
      to: clusterIpOf(THREE_ENDPOINTS),
      expected: kept('pod-1-1', 'pod-1-2', 'pod-2-1'),
    },
    {
      name: 'a node reaches every endpoint, masqueraded',
      from: 'node-1',
      to: clusterIpOf(THREE_ENDPOINTS),
      expected: masqueraded('pod-1-1', 'pod-1-2', 'pod-2-1'),
    },
    {
      name: 'a client outside reaches every endpoint, masqueraded',
      from: 'client-1',
      to: clusterIpOf(THREE_ENDPOINTS),
      expected: masqueraded('pod-1-1', 'pod-1-2', 'pod-2-1'),
    },
    {
      name: 'a bridged pod reaches itself, masqueraded',
      from: 'pod-1-1',
      to: clusterIpOf(bridged),
      expected: masqueraded('pod-1-1'),
    },
    {
      name: 'a routed pod reaches itself, masqueraded',
      from: 'pod-2-1',
      to: clusterIpOf(routed),
      expected: masqueraded('pod-2-1'),
    },
    {
      name: 'a pod is masqueraded on the way to itself only, and not to another endpoint',
      from: 'pod-1-1',
      to: clusterIpOf(pair),
      expected: [...masqueraded('pod-1-1'), ...kept('pod-1-2')],
    },
    {
      name: 'a pod reaches an endpoint that is its own node with its own address',
      from: 'pod-1-3',
      to: clusterIpOf(hostHere),
      expected: kept('node-1'),
    },
    {
      name: 'a pod reaches an endpoint that is another node with its own address',
      from: 'pod-1-3',
      to: clusterIpOf(hostThere),
      expected: kept('node-2'),
    },
    {
      name: 'a node reaches an endpoint that is itself, masqueraded',
      from: 'node-2',
      to: clusterIpOf(hostThere),
      expected: masqueraded('node-2'),
    },
    {
      name: 'a client outside reaches an endpoint that is the node, and nothing is masqueraded',
      from: 'client-1',
      to: clusterIpOf(hostHere),
      expected: kept('node-1'),
    },
    {
      name: 'a client outside reaches an endpoint that is another node, masqueraded',
      from: 'client-1',
      to: clusterIpOf(hostThere),
      expected: masqueraded('node-2'),
    },
    ...SENDERS.flatMap(({ from, who }) => [
      {
        name: `${who} is refused where there is no endpoint`,
        from,
        to: clusterIpOf(empty),
        expected: 'reject' as const,
      },
      {
        name: `${who} is refused at a port that the Service does not have`,
        from,
        to: UNUSED_PORT,
        expected: 'reject' as const,
        unless: 'unused ports pass' as const,
      },
      {
        name: `${who} hears nothing from an address that no Service has`,
        from,
        to: UNALLOCATED,
        expected: 'drop' as const,
        unless: 'unallocated addresses pass' as const,
      },
    ]),
  ],
};
