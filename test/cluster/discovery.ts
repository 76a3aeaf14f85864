/** What tells kubectl which resources there are. */
import type { JsonObject } from './json.ts';
import { apiPathOf, apiVersionOf, RESOURCES, type Resource } from './resources.ts';

/** The document at a path; `undefined` when there is none. */
export function discoveryAt(path: string): JsonObject | undefined {
  switch (path) {
    case '/version':
      return VERSION;
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
    case '/apis':
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: GROUPS.map(groupOf) };
    case '/openapi/v3':
      return { paths: Object.fromEntries(API_PATHS.map(openApiEntry)) };
    default:
      return resourceListAt(path) ?? openApiAt(path);
  }
}

// --- internal ---

const VERSION = { major: '1', minor: '32', gitVersion: 'v1.32.0+switchyard-test' };

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

const API_PATHS = [...new Set(RESOURCES.map(apiPathOf))];
const GROUPS = [...new Set(RESOURCES.map(({ group }) => group))].filter((group) => group !== '');

function groupOf(name: string): JsonObject {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

function resourceListAt(path: string): JsonObject | undefined {
  const resources = RESOURCES.filter((resource) => apiPathOf(resource) === path);
  const [first] = resources;
  if (first === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(first),
    resources: resources.map(({ name, kind, isNamespaced, shortNames }) => ({
      name,
      singularName: kind.toLowerCase(),
      namespaced: isNamespaced,
      kind,
      shortNames: [...shortNames],
      verbs: VERBS,
    })),
  };
}

function openApiEntry(path: string): [string, JsonObject] {
  return [path.slice(1), { serverRelativeURL: `/openapi/v3${path}` }];
}

/** Just enough for kubectl to leave the validation of fields to the server. */
function openApiAt(path: string): JsonObject | undefined {
  const apiPath = path.startsWith('/openapi/v3') ? path.slice('/openapi/v3'.length) : '';
  const resources = RESOURCES.filter((resource) => apiPathOf(resource) === apiPath);
  if (resources.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'test', version: '1' },
    paths: Object.fromEntries(resources.map(openApiPath)),
  };
}

function openApiPath(resource: Resource): [string, JsonObject] {
  const { group, version, kind, name, isNamespaced } = resource;
  const patch = {
    parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
    responses: {},
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
  const folder = isNamespaced ? '/namespaces/{namespace}' : '';
  return [`${apiPathOf(resource)}${folder}/${name}/{name}`, { patch }];
}
