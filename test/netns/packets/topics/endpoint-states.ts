/** Conditions of endpoints: which of them are used. */
import { kept } from '../row.ts';
import { type EndpointOptions, makeService } from '../service.ts';
import { clusterIpOf, vipOf } from '../target.ts';
import type { Topic } from '../topic.ts';

/** As the EndpointSlice controller writes a pod that is being deleted and still answers. */
function draining(host: string): EndpointOptions {
  return { host, ready: false, serving: true, terminating: true };
}

const notReady = makeService({
  number: 60,
  name: 'not-ready',
  endpoints: ['pod-1-1', { host: 'pod-1-2', ready: false, serving: false }],
});

const noneReady = makeService({
  number: 61,
  name: 'none-ready',
  endpoints: [{ host: 'pod-1-1', ready: false, serving: false }],
});

const allDraining = makeService({
  number: 62,
  name: 'all-draining',
  endpoints: [draining('pod-1-1'), draining('pod-2-1')],
});

const someDraining = makeService({
  number: 63,
  name: 'some-draining',
  endpoints: [draining('pod-1-1'), 'pod-2-1'],
});

const gone = makeService({
  number: 64,
  name: 'gone',
  endpoints: [{ host: 'pod-1-1', ready: false, serving: false, terminating: true }],
});

const drainingHere = makeService({
  number: 65,
  name: 'draining-here',
  type: 'LoadBalancer',
  endpoints: [draining('pod-1-1'), 'pod-2-1'],
  spec: { externalTrafficPolicy: 'Local' },
});

const drainingThere = makeService({
  number: 66,
  name: 'draining-there',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1', draining('pod-1-2'), draining('pod-2-1')],
  spec: { externalTrafficPolicy: 'Local' },
});

/** As the EndpointSlice controller writes a pod of a Service with publishNotReadyAddresses. */
const published = makeService({
  number: 67,
  name: 'published',
  endpoints: ['pod-1-1', { host: 'pod-1-2', ready: true, serving: false, terminating: true }],
  spec: { publishNotReadyAddresses: true },
});

/** The same pod in two slices, in the later one as if it were on its way out: a stale copy. */
const listedTwice = makeService({
  number: 68,
  name: 'listed-twice',
  endpoints: [],
  ports: [
    { name: 'tcp', protocol: 'TCP', endpoints: ['pod-1-1'] },
    { name: 'tcp', protocol: 'TCP', endpoints: [draining('pod-1-1'), 'pod-1-2'] },
  ],
  spec: { ports: [{ name: 'tcp', protocol: 'TCP', port: 80 }] },
});

/** Which endpoints are used. */
export const ENDPOINT_STATES: Topic = {
  name: 'endpoints',
  services: [
    ...[notReady, noneReady, allDraining, someDraining, gone],
    ...[drainingHere, drainingThere, published, listedTwice],
  ],
  rows: [
    {
      name: 'one that is not ready is not used',
      from: 'pod-1-3',
      to: clusterIpOf(notReady),
      expected: kept('pod-1-1'),
    },
    {
      name: 'none that is ready is as none at all: refused',
      from: 'pod-1-3',
      to: clusterIpOf(noneReady),
      expected: 'reject',
    },
    {
      name: 'terminating ones that serve are used when there is no other',
      from: 'pod-1-3',
      to: clusterIpOf(allDraining),
      expected: kept('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'terminating ones are not used while one is ready',
      from: 'pod-1-3',
      to: clusterIpOf(someDraining),
      expected: kept('pod-2-1'),
    },
    {
      name: 'terminating ones that do not serve are not used at all: refused',
      from: 'pod-1-3',
      to: clusterIpOf(gone),
      expected: 'reject',
    },
    {
      name: 'Local policy uses a local terminating one rather than a ready one elsewhere',
      from: 'client-1',
      to: vipOf(drainingHere),
      expected: kept('pod-1-1'),
    },
    {
      name: 'meanwhile Cluster policy uses the ready one elsewhere',
      from: 'pod-1-3',
      to: clusterIpOf(drainingHere),
      expected: kept('pod-2-1'),
    },
    {
      name: 'Local policy uses a local ready one and no local terminating one',
      from: 'client-1',
      to: vipOf(drainingThere),
      expected: kept('pod-1-1'),
    },
    {
      name: 'one that its slice calls ready is used, whatever else it is (publishNotReadyAddresses)',
      from: 'pod-1-3',
      to: clusterIpOf(published),
      expected: kept('pod-1-1', 'pod-1-2'),
    },
    {
      name: 'one that several slices list is one, and alive if any of them says so',
      from: 'pod-1-3',
      to: clusterIpOf(listedTwice),
      expected: kept('pod-1-1', 'pod-1-2'),
      protocols: ['tcp'],
    },
  ],
};
