/** External IPs: external traffic, also to a Service that is of type ClusterIP otherwise. */
import { kept, masqueraded } from '../row.ts';
import { makeService } from '../service.ts';
import { clusterIpOf, externalIpOf } from '../target.ts';
import type { Topic } from '../topic.ts';

const web = makeService({
  number: 30,
  name: 'ext-web',
  hasExternalIp: true,
  endpoints: ['pod-1-1', 'pod-2-1'],
});

const empty = makeService({ number: 31, name: 'ext-empty', hasExternalIp: true, endpoints: [] });

const local = makeService({
  number: 32,
  name: 'ext-local',
  hasExternalIp: true,
  endpoints: ['pod-1-1', 'pod-2-1'],
  spec: { externalTrafficPolicy: 'Local' },
});

const localElsewhere = makeService({
  number: 33,
  name: 'ext-local-elsewhere',
  hasExternalIp: true,
  endpoints: ['pod-2-1'],
  spec: { externalTrafficPolicy: 'Local' },
});

/** Reaching an external IP. */
export const EXTERNAL_IPS: Topic = {
  name: 'external IPs',
  services: [web, empty, local, localElsewhere],
  rows: [
    ...['client-1', 'pod-1-3', 'node-1'].map((from) => ({
      name: `${from} reaches every endpoint, masqueraded`,
      from,
      to: externalIpOf(web),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    })),
    ...['client-1', 'pod-1-3', 'node-1'].map((from) => ({
      name: `${from} is refused where there is no endpoint`,
      from,
      to: externalIpOf(empty),
      expected: 'reject' as const,
    })),
    {
      name: 'with Local policy a client outside reaches only local endpoints, with its own address',
      from: 'client-1',
      to: externalIpOf(local),
      expected: kept('pod-1-1'),
    },
    {
      name: 'with Local policy a pod reaches endpoints anywhere, with its own address',
      from: 'pod-1-3',
      to: externalIpOf(local),
      expected: kept('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'with Local policy a node reaches endpoints anywhere, masqueraded',
      from: 'node-1',
      to: externalIpOf(local),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'external Local policy leaves the ClusterIP alone',
      from: 'client-1',
      to: clusterIpOf(local),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'with Local policy and no local endpoint a client outside hears nothing',
      from: 'client-1',
      to: externalIpOf(localElsewhere),
      expected: 'drop',
    },
    {
      name: 'with Local policy and no local endpoint a pod still reaches those elsewhere',
      from: 'pod-1-3',
      to: externalIpOf(localElsewhere),
      expected: kept('pod-2-1'),
    },
  ],
};
