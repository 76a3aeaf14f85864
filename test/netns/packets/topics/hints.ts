/** Topology hints: nodes 1 and 2 are in zones of their own, further ones in none. */
import { zoneOf } from '../cluster.ts';
import { kept } from '../row.ts';
import { type EndpointOptions, makeService } from '../service.ts';
import { clusterIpOf, vipOf } from '../target.ts';
import type { Topic } from '../topic.ts';

function forZone(host: string, node: 1 | 2): EndpointOptions {
  return { host, zones: [zoneOf(node)] };
}

function forNode(host: string, node: number): EndpointOptions {
  return { host, nodes: [`node-${node}`] };
}

/** Hinted crosswise, so that no choice of local endpoints can pass for a choice by hints. */
const byZone = makeService({
  number: 70,
  name: 'by-zone',
  endpoints: [forZone('pod-2-1', 1), forZone('pod-1-1', 2)],
});

const byNode = makeService({
  number: 71,
  name: 'by-node',
  endpoints: [forNode('pod-2-1', 1), forNode('pod-1-1', 2)],
});

const byBoth = makeService({
  number: 72,
  name: 'by-both',
  endpoints: [
    { ...forZone('pod-1-1', 1), ...forNode('pod-1-1', 2) },
    { ...forZone('pod-2-1', 2), ...forNode('pod-2-1', 1) },
  ],
});

const incomplete = makeService({
  number: 73,
  name: 'incomplete',
  endpoints: [forZone('pod-1-1', 1), forZone('pod-2-1', 2), 'pod-2-2'],
});

const forOthers = makeService({
  number: 74,
  name: 'for-others',
  endpoints: [
    { host: 'pod-1-1', zones: ['elsewhere'] },
    { host: 'pod-2-1', zones: ['elsewhere'] },
  ],
});

const local = makeService({
  number: 75,
  name: 'hints-local',
  type: 'LoadBalancer',
  endpoints: [forZone('pod-1-1', 1), forZone('pod-1-2', 2), forZone('pod-2-1', 2)],
  spec: { externalTrafficPolicy: 'Local' },
});

/** On a node that is in no zone. */
export const HINTS_WITHOUT_ZONE: Topic = {
  name: 'topology hints on a node without a zone',
  services: [byZone],
  rows: [
    {
      name: 'all endpoints count',
      from: 'pod-3-2',
      to: clusterIpOf(byZone),
      expected: kept('pod-1-1', 'pod-2-1'),
    },
  ],
};

/** Which endpoints are used where there are hints. */
export const HINTS: Topic = {
  name: 'topology hints',
  services: [byZone, byNode, byBoth, incomplete, forOthers, local],
  rows: [
    {
      name: 'a node uses the endpoints hinted at its zone',
      from: 'pod-1-3',
      to: clusterIpOf(byZone),
      expected: kept('pod-2-1'),
    },
    {
      name: 'a node in another zone uses those hinted at that one',
      from: 'pod-2-3',
      to: clusterIpOf(byZone),
      expected: kept('pod-1-1'),
    },
    {
      name: 'a node uses the endpoints hinted at itself',
      from: 'pod-1-3',
      to: clusterIpOf(byNode),
      expected: kept('pod-2-1'),
    },
    {
      name: 'node hints count before zone hints',
      from: 'pod-1-3',
      to: clusterIpOf(byBoth),
      expected: kept('pod-2-1'),
    },
    {
      name: 'one endpoint without a hint makes all of them count',
      from: 'pod-1-3',
      to: clusterIpOf(incomplete),
      expected: kept('pod-1-1', 'pod-2-1', 'pod-2-2'),
    },
    {
      name: 'hints at other zones only make all endpoints count',
      from: 'pod-1-3',
      to: clusterIpOf(forOthers),
      expected: kept('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'Local policy does not look at hints',
      from: 'client-1',
      to: vipOf(local),
      expected: kept('pod-1-1', 'pod-1-2'),
    },
    {
      name: 'meanwhile Cluster policy does',
      from: 'pod-1-3',
      to: clusterIpOf(local),
      expected: kept('pod-1-1'),
    },
  ],
};
