/** internalTrafficPolicy Local: ClusterIPs lead to endpoints on the sender's node only. */
import { kept, masqueraded } from '../row.ts';
import { makeService } from '../service.ts';
import { clusterIpOf, vipOf } from '../target.ts';
import type { Topic } from '../topic.ts';

const local = makeService({
  number: 55,
  name: 'int-local',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1', 'pod-1-2', 'pod-2-1'],
  spec: { internalTrafficPolicy: 'Local' },
});

const elsewhere = makeService({
  number: 56,
  name: 'int-elsewhere',
  endpoints: ['pod-2-1'],
  spec: { internalTrafficPolicy: 'Local' },
});

const empty = makeService({
  number: 57,
  name: 'int-empty',
  endpoints: [],
  spec: { internalTrafficPolicy: 'Local' },
});

const bothLocal = makeService({
  number: 58,
  name: 'int-and-ext-local',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1', 'pod-2-1'],
  spec: { internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' },
});

/** Reaching a ClusterIP under Local policy. */
export const INTERNAL_POLICY: Topic = {
  name: 'internal traffic policy Local',
  services: [local, elsewhere, empty, bothLocal],
  rows: [
    {
      name: 'a pod reaches every endpoint on its node, with its own address',
      from: 'pod-1-3',
      to: clusterIpOf(local),
      expected: kept('pod-1-1', 'pod-1-2'),
    },
    {
      name: "a pod of another node reaches that node's endpoints",
      from: 'pod-2-3',
      to: clusterIpOf(local),
      expected: kept('pod-2-1'),
    },
    {
      name: 'a node reaches the endpoints on itself, masqueraded',
      from: 'node-1',
      to: clusterIpOf(local),
      expected: masqueraded('pod-1-1', 'pod-1-2'),
    },
    {
      name: 'a client outside reaches the endpoints on the node that it came by, masqueraded',
      from: 'client-1',
      to: clusterIpOf(local),
      expected: masqueraded('pod-1-1', 'pod-1-2'),
    },
    {
      name: 'external traffic reaches endpoints anywhere',
      from: 'client-1',
      to: vipOf(local),
      expected: masqueraded('pod-1-1', 'pod-1-2', 'pod-2-1'),
    },
    ...['pod-1-3', 'node-1', 'client-1'].map((from) => ({
      name: `${from} hears nothing where there is no local endpoint`,
      from,
      to: clusterIpOf(elsewhere),
      expected: 'drop' as const,
    })),
    {
      name: 'a pod of the node that has the endpoint reaches it',
      from: 'pod-2-3',
      to: clusterIpOf(elsewhere),
      expected: kept('pod-2-1'),
    },
    {
      name: 'a pod is refused where there is no endpoint at all',
      from: 'pod-1-3',
      to: clusterIpOf(empty),
      expected: 'reject',
    },
    {
      name: 'with both policies Local a pod reaches local endpoints through the ClusterIP',
      from: 'pod-1-3',
      to: clusterIpOf(bothLocal),
      expected: kept('pod-1-1'),
    },
    {
      name: 'with both policies Local a pod reaches endpoints anywhere through the VIP',
      from: 'pod-1-3',
      to: vipOf(bothLocal),
      expected: kept('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'with both policies Local a client outside reaches local endpoints through the VIP',
      from: 'client-1',
      to: vipOf(bothLocal),
      expected: kept('pod-1-1'),
    },
  ],
};
