/** The kinds that the agent reads from the API server (behaviour document, section 1.1). */
import { parseEndpointSlice } from '../../../rules/services/parse/endpoint-slice.ts';
import { parseNode } from '../../../rules/services/parse/node.ts';
import { ok, type Outcome } from '../../../rules/services/parse/outcome.ts';
import { parseServiceCidr } from '../../../rules/services/parse/service-cidr.ts';
import { parseService } from '../../../rules/services/parse/service.ts';
import type { ClusterObject } from '../cluster-object.ts';

/** One kind, and how to read it. */
export interface ApiKind {
  readonly kind: ClusterObject['kind'];
  readonly isNamespaced: boolean;
  /** Where it is, the best first: older servers lack a version of the API, or a field selector. */
  readonly places: readonly [ApiPlace, ...ApiPlace[]];
  /** Whether the agent can do without: servers may lack it, and roles may not allow it. */
  readonly isOptional: boolean;
  readonly parse: (raw: unknown) => Outcome<ClusterObject>;
}

/** A resource of the API, and which of its objects matter. */
export interface ApiPlace {
  /** `/api/v1`, `/apis/<group>/<version>`. */
  readonly api: string;
  /** The plural in the path: `services`. */
  readonly resource: string;
  readonly selectors: Readonly<Record<string, string>>;
}

/** The kinds, for the agent on this node. */
export function apiKinds(nodeName: string): readonly ApiKind[] {
  const services = { api: '/api/v1', resource: 'services' };
  const notProxiedElsewhere = { labelSelector: '!service.kubernetes.io/service-proxy-name' };
  return [
    {
      kind: 'Service',
      isNamespaced: true,
      places: [
        // Servers before 1.31 know no such field; the parser then leaves headless Services out.
        {
          ...services,
          selectors: { ...notProxiedElsewhere, fieldSelector: 'spec.clusterIP!=None' },
        },
        { ...services, selectors: notProxiedElsewhere },
      ],
      isOptional: false,
      parse: (raw) => wrap(parseService(raw), (value) => ({ kind: 'Service', value })),
    },
    {
      kind: 'EndpointSlice',
      isNamespaced: true,
      places: [
        {
          api: '/apis/discovery.k8s.io/v1',
          resource: 'endpointslices',
          selectors: { labelSelector: '!service.kubernetes.io/headless' },
        },
      ],
      isOptional: false,
      parse: (raw) => wrap(parseEndpointSlice(raw), (value) => ({ kind: 'EndpointSlice', value })),
    },
    {
      kind: 'Node',
      isNamespaced: false,
      places: [
        {
          api: '/api/v1',
          resource: 'nodes',
          selectors: { fieldSelector: `metadata.name=${nodeName}` },
        },
      ],
      isOptional: false,
      parse: (raw) => wrap(parseNode(raw), (value) => ({ kind: 'Node', value })),
    },
    {
      kind: 'ServiceCIDR',
      isNamespaced: false,
      places: [
        { api: '/apis/networking.k8s.io/v1', resource: 'servicecidrs', selectors: {} },
        { api: '/apis/networking.k8s.io/v1beta1', resource: 'servicecidrs', selectors: {} },
      ],
      isOptional: true,
      parse: (raw) => wrap(parseServiceCidr(raw), (value) => ({ kind: 'ServiceCIDR', value })),
    },
  ];
}

/** The path and query that list or watch the objects at a place. */
export function listTarget(place: ApiPlace, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams({ ...place.selectors, ...query }).toString();
  return `${place.api}/${place.resource}${text === '' ? '' : `?${text}`}`;
}

/** The path of one object at a place; the namespace is empty for what stands in none. */
export function objectTarget(place: ApiPlace, namespace: string, name: string): string {
  const folder = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${place.api}${folder}/${place.resource}/${encodeURIComponent(name)}`;
}

// --- internal ---

function wrap<T>(outcome: Outcome<T>, toObject: (value: T) => ClusterObject) {
  return outcome.kind === 'ok' ? ok(toObject(outcome.value), outcome.problems) : outcome;
}
