/** Does what requests about objects ask for, with watches left out. */
import { parse as parseYaml } from 'yaml';
import type { ApiRequest } from './api-request.ts';
import { withDefaults, withSameClusterIp } from './defaults.ts';
import {
  isObject,
  objectAt,
  textAt,
  untyped,
  without,
  type Json,
  type JsonObject,
} from './json.ts';
import { jsonPatch, mergePatch, strategicMergePatch } from './patch.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { fieldSelector, labelSelector, type Selector } from './selectors.ts';
import { badRequest, expired, notFound, StatusError, success } from './status.ts';
import type { Storage } from './storage.ts';

/** An answer: a status and a JSON object. */
export interface Answer {
  readonly code: number;
  readonly body: JsonObject;
}

/** Answers a request. Throws a StatusError when it is refused. */
export function handle(
  request: ApiRequest,
  contentType: string,
  text: string,
  storage: Storage,
): Answer {
  const { verb, resource, namespace, name, query } = request;
  if (contentType.includes('protobuf')) {
    throw new StatusError(415, 'UnsupportedMediaType', 'only JSON and YAML are read here');
  }
  if (query.has('dryRun') && verb !== 'create') throw badRequest('only creation can be tried here');
  switch (verb) {
    case 'list':
      return { code: 200, body: list(request, storage) };
    case 'get':
      return { code: 200, body: storage.get(resource, namespace, name) };
    case 'create': {
      const object = inNamespace(request, parseBody(text));
      if (query.has('dryRun')) return { code: 201, body: withDefaults(resource, object, storage) };
      return { code: 201, body: create(resource, object, storage) };
    }
    case 'update':
      return { code: 200, body: update(request, parseBody(text), storage) };
    case 'patch':
      return patch(request, contentType, text, storage);
    case 'delete': {
      const { uid = '' } = objectAt(storage.delete(resource, namespace, name), 'metadata');
      return { code: 200, body: success({ name, kind: resource.name, uid }) };
    }
    case 'deletecollection':
      for (const object of selected(request, storage)) {
        const metadata = objectAt(object, 'metadata');
        storage.delete(resource, textAt(metadata, 'namespace'), textAt(metadata, 'name'));
      }
      return { code: 200, body: success({ kind: resource.name }) };
    case 'watch':
      throw badRequest('a watch is no single answer');
  }
}

/** Which objects a list or watch asks for. Throws a StatusError when a selector cannot be read. */
export function selectorOf({ query, namespace, name }: ApiRequest): Selector {
  const hasLabels = labelSelector(query.get('labelSelector') ?? '');
  const hasFields = fieldSelector(query.get('fieldSelector') ?? '');
  return (object) => {
    const metadata = objectAt(object, 'metadata');
    const isHere = namespace === '' || metadata.namespace === namespace;
    return (
      isHere && (name === '' || metadata.name === name) && hasLabels(object) && hasFields(object)
    );
  };
}

// --- internal ---

function selected(request: ApiRequest, storage: Storage): JsonObject[] {
  return storage.list(request.resource).filter(selectorOf(request));
}

/** With a limit in pages; the token of the next one says from when it is and where it begins. */
function list(request: ApiRequest, storage: Storage): JsonObject {
  const { resource, query } = request;
  const all = selected(request, storage);
  const [version = storage.version, start = 0] = (query.get('continue') ?? '')
    .split(':')
    .filter((part) => part !== '')
    .map(Number);
  storage.changesSince(version);
  if (Number.isNaN(start)) throw expired();
  const limit = Number(query.get('limit') ?? 0) || Infinity;
  const items = all.slice(start, start + limit);
  const end = start + items.length;
  return {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: {
      resourceVersion: String(version),
      ...(end < all.length ? { continue: `${version}:${end}` } : {}),
    },
    // As a real server, without the kind that the list has said.
    items: items.map(untyped),
  };
}

/** Whether a load balancer has been found for a Service is not for its author to say. */
function create(resource: Resource, object: JsonObject, storage: Storage): JsonObject {
  const isOurs = resource.kind === 'Service';
  const given = isOurs ? without(object, (key) => key === 'status') : object;
  return storage.create(resource, withDefaults(resource, given, storage));
}

function update(request: ApiRequest, given: JsonObject, storage: Storage): JsonObject {
  const { resource, namespace, name, subresource } = request;
  const before = storage.get(resource, namespace, name);
  const object = inNamespace(request, given);
  if (subresource === 'status') {
    const status = objectAt(object, 'status');
    return storage.update(resource, { ...before, metadata: versioned(before, object), status });
  }
  const allowed = resource.kind === 'Service' ? withSameClusterIp(object, before) : object;
  const complete = withDefaults(resource, allowed, storage);
  const status = objectAt(before, 'status');
  return storage.update(resource, resource.hasStatus ? { ...complete, status } : complete);
}

/** Metadata as they are, with the version that the writer has seen. */
function versioned(before: JsonObject, { metadata }: JsonObject): JsonObject {
  const { resourceVersion = '' } = isObject(metadata) ? metadata : {};
  return { ...objectAt(before, 'metadata'), resourceVersion };
}

function patch(request: ApiRequest, contentType: string, text: string, storage: Storage): Answer {
  const { resource, namespace, name } = request;
  const before = storage.find(resource, namespace, name);
  const change: Json = contentType.includes('yaml') ? asJson(parseYaml(text)) : parseJson(text);
  const isApply = contentType.startsWith('application/apply-patch');
  if (before === undefined) {
    if (!isApply) throw notFound(`${resource.name} "${name}"`);
    const object = inNamespace(request, requireObject(change));
    return { code: 201, body: create(resource, object, storage) };
  }
  const object = requireObject(patched(contentType, before, change));
  return { code: 200, body: update(request, object, storage) };
}

function patched(contentType: string, before: JsonObject, change: Json): Json {
  const [type = ''] = contentType.split(';');
  const apply = PATCHES.get(type);
  if (apply !== undefined) return apply(before, change);
  throw new StatusError(415, 'UnsupportedMediaType', `no patch of type ${type}`);
}

const PATCHES: ReadonlyMap<string, (before: JsonObject, change: Json) => Json> = new Map([
  ['application/merge-patch+json', mergePatch],
  // Who owns which field is not followed: everything in the patch is taken.
  ['application/apply-patch+yaml', mergePatch],
  ['application/strategic-merge-patch+json', strategicMergePatch],
  ['application/json-patch+json', jsonPatch],
]);

/** The path says where an object belongs. */
function inNamespace({ resource, namespace }: ApiRequest, object: JsonObject): JsonObject {
  if (!resource.isNamespaced) return object;
  return { ...object, metadata: { ...objectAt(object, 'metadata'), namespace } };
}

function parseBody(text: string): JsonObject {
  return requireObject(parseJson(text));
}

function parseJson(text: string): Json {
  try {
    return asJson(JSON.parse(text));
  } catch {
    throw badRequest('the body is no JSON');
  }
}

function asJson(value: unknown): Json {
  return value as Json;
}

function requireObject(value: Json): JsonObject {
  if (isObject(value)) return value;
  throw badRequest('the body is no object');
}
