/** One raw object of a manifest: which kind it is, and through which parser it goes. */
import type { Problem } from '../../rules/services/types.ts';
import { parseEndpointSlice } from '../../rules/services/parse/endpoint-slice.ts';
import { isMapping } from '../../rules/services/parse/mapping.ts';
import { parseNode } from '../../rules/services/parse/node.ts';
import {
  describeObject,
  objectRef,
  type ObjectRef,
} from '../../rules/services/parse/object-ref.ts';
import { ignored, ok, refused, type Outcome } from '../../rules/services/parse/outcome.ts';
import { describeValue, quoted } from '../../rules/services/parse/quoted.ts';
import { parseServiceCidr } from '../../rules/services/parse/service-cidr.ts';
import { parseService } from '../../rules/services/parse/service.ts';
import type { ClusterObject } from './cluster-object.ts';

/** How deep Lists may stand in Lists. */
export const MAX_LIST_DEPTH = 8;

/** The reason for which objects are ignored that EndpointSlices have replaced. */
export const LEGACY_ENDPOINTS = 'v1 Endpoints';

/**
 * Reads one object. Kinds that a service proxy does not read are ignored, with their apiVersion and
 * kind for a reason.
 */
export function readObject(raw: unknown): Outcome<ClusterObject> {
  const ref = objectRef(raw);
  if (!isMapping(raw)) {
    return refusal(ref, '', `expected a Kubernetes object, got ${describeValue(raw)}`);
  }
  if (ref.kind === '') {
    return refusal(ref, 'kind', `expected a kind, got ${describeValue(raw.kind)}`);
  }
  if (ref.kind === 'List') {
    const got = describeValue(raw.items);
    return refusal(
      ref,
      'items',
      `expected a list, at most ${MAX_LIST_DEPTH} Lists deep, got ${got}`,
    );
  }
  const reader = READERS.get(ref.kind);
  if (reader === undefined || isForeign(ref.apiVersion, reader)) {
    const type = `${ref.apiVersion} ${ref.kind}`.trim();
    return ignored(/^[A-Za-z0-9./ -]{1,100}$/.test(type) ? type : quoted(type));
  }
  if (!reader.apiVersions.includes(ref.apiVersion)) {
    const wanted = reader.apiVersions.join(' or ');
    return refusal(ref, 'apiVersion', `expected ${wanted}, got ${describeValue(raw.apiVersion)}`);
  }
  return reader.read(raw);
}

/** The items of a List of any kind; `undefined` when it is none. */
export function listItems(raw: unknown): readonly unknown[] | undefined {
  const { kind, apiVersion } = objectRef(raw);
  if (!isMapping(raw) || !kind.endsWith('List')) return undefined;
  // Go writes an empty list as null.
  const items: unknown = raw.items === null ? [] : raw.items;
  if (!Array.isArray(items)) return undefined;
  // The items of a ServiceList, as the API server lists them, do not repeat what they are.
  const type = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  return items.map((item: unknown) => (isMapping(item) ? { ...type, ...item } : item));
}

// --- internal ---

interface Reader {
  readonly apiVersions: readonly string[];
  read(raw: unknown): Outcome<ClusterObject>;
}

/** A Map, since the key comes from outside: `constructor` is no kind. */
const READERS = new Map<string, Reader>([
  ['Service', { apiVersions: ['v1'], read: readService }],
  [
    'EndpointSlice',
    {
      apiVersions: ['discovery.k8s.io/v1'],
      read: (raw) => mapOk(parseEndpointSlice(raw), (value) => ({ kind: 'EndpointSlice', value })),
    },
  ],
  [
    'Node',
    {
      apiVersions: ['v1'],
      read: (raw) => mapOk(parseNode(raw), (value) => ({ kind: 'Node', value })),
    },
  ],
  [
    'ServiceCIDR',
    {
      apiVersions: ['networking.k8s.io/v1', 'networking.k8s.io/v1beta1'],
      read: (raw) => mapOk(parseServiceCidr(raw), (value) => ({ kind: 'ServiceCIDR', value })),
    },
  ],
]);

/** The parser's reason for a Service that waits for the API server to allocate its address. */
const NO_CLUSTER_IP = 'no clusterIP';

/** As from the API server, but for an address that nobody will allocate: that is a mistake here. */
function readService(raw: unknown): Outcome<ClusterObject> {
  const outcome = parseService(raw);
  if (outcome.kind === 'ignored' && outcome.reason === NO_CLUSTER_IP) {
    const wanted = 'expected an address or None: manifests have no API server to allocate one';
    return refusal(objectRef(raw), 'spec.clusterIP', `${wanted}, got nothing`);
  }
  return mapOk(outcome, (value) => ({ kind: 'Service', value }));
}

function mapOk<T>(outcome: Outcome<T>, wrap: (value: T) => ClusterObject): Outcome<ClusterObject> {
  return outcome.kind === 'ok' ? ok(wrap(outcome.value), outcome.problems) : outcome;
}

/** Another API group may have a kind of the same name: a Knative Service is no business of ours. */
function isForeign(apiVersion: string, reader: Reader): boolean {
  const groups = reader.apiVersions.map(groupOf);
  return apiVersion !== '' && !groups.includes(groupOf(apiVersion));
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

function refusal(ref: ObjectRef, field: string, message: string): Outcome<never> {
  const problem: Problem = { object: describeObject(ref), field, message };
  return refused([problem]);
}
