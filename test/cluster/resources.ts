/** What the test API server serves. */

/** A resource of the API. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The plural in the path. */
  readonly name: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly shortNames: readonly string[];
  /** Whether the status is written at a path of its own, and left alone by other writes. */
  readonly hasStatus: boolean;
}

/** All of them: the four kinds that a service proxy reads, and what kubectl and agents need besides. */
export const RESOURCES: readonly Resource[] = [
  { ...core('services', 'Service', ['svc'], true), hasStatus: true },
  { ...core('nodes', 'Node', ['no'], false), hasStatus: true },
  core('namespaces', 'Namespace', ['ns'], false),
  core('events', 'Event', ['ev'], true),
  inGroup('discovery.k8s.io', 'endpointslices', 'EndpointSlice', [], true),
  inGroup('networking.k8s.io', 'servicecidrs', 'ServiceCIDR', [], false),
  inGroup('events.k8s.io', 'events', 'Event', ['ev'], true),
  // Kept like any other object: here nobody is forbidden anything.
  inGroup('rbac.authorization.k8s.io', 'clusterroles', 'ClusterRole', [], false),
  inGroup('rbac.authorization.k8s.io', 'clusterrolebindings', 'ClusterRoleBinding', [], false),
];

/** `v1`, `discovery.k8s.io/v1`. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `/api/v1`, `/apis/discovery.k8s.io/v1`. */
export function apiPathOf(resource: Resource): string {
  return `${resource.group === '' ? '/api' : '/apis'}/${apiVersionOf(resource)}`;
}

/** The resource of this name and API version. Throws a RangeError when there is none. */
export function resourceOf(apiVersion: string, kind: string): Resource {
  const resource = RESOURCES.find(
    (each) => each.kind === kind && apiVersionOf(each) === apiVersion,
  );
  if (resource === undefined) throw new RangeError(`no resource for ${apiVersion} ${kind}`);
  return resource;
}

// --- internal ---

function core(
  name: string,
  kind: string,
  shortNames: readonly string[],
  isNamespaced: boolean,
): Resource {
  return inGroup('', name, kind, shortNames, isNamespaced);
}

function inGroup(
  group: string,
  name: string,
  kind: string,
  shortNames: readonly string[],
  isNamespaced: boolean,
): Resource {
  return { group, version: 'v1', name, kind, shortNames, isNamespaced, hasStatus: false };
}
