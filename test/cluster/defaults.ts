/** What the API server fills in: defaults, and the addresses and ports that it allocates. */
import { checkEvent } from './events.ts';
import { objectAt, objectsAt, textAt, type JsonObject } from './json.ts';
import type { Resource } from './resources.ts';
import { StatusError } from './status.ts';
import type { Storage } from './storage.ts';

/** An object as it is stored. Throws a StatusError when it cannot be. */
export function withDefaults(resource: Resource, object: JsonObject, storage: Storage): JsonObject {
  switch (resource.kind) {
    case 'Service':
      return serviceWithDefaults(resource, object, storage);
    case 'EndpointSlice':
      return {
        ...object,
        ports: objectsAt(object, 'ports').map((port) => ({ name: '', protocol: 'TCP', ...port })),
      };
    case 'Event':
      if (resource.group === 'events.k8s.io') checkEvent(object);
      return object;
    default:
      return object;
  }
}

/**
 * A Service that replaces another: where it names no ClusterIP it keeps that of before. Throws a
 * StatusError when it names another one.
 */
export function withSameClusterIp(object: JsonObject, before: JsonObject): JsonObject {
  const [given, old] = [objectAt(object, 'spec'), objectAt(before, 'spec')];
  const [wanted, kept] = [textAt(given, 'clusterIP'), textAt(old, 'clusterIP')];
  if (kept === '' || textAt(given, 'type') === 'ExternalName') return object;
  if (wanted === '') {
    const { clusterIPs = [kept] } = old;
    return { ...object, spec: { ...given, clusterIP: kept, clusterIPs } };
  }
  if (wanted === kept) return object;
  const message = `spec.clusterIPs[0]: Invalid value: "${wanted}": may not change once set`;
  throw new StatusError(422, 'Invalid', message);
}

// --- internal ---

/** Those of the address legend, counted from the end so that tests can choose from the beginning. */
const CLUSTER_IP_PREFIXES: Readonly<Record<string, string>> = {
  IPv4: '10.96.255.',
  IPv6: 'fd00:10:96::ff',
};
const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;

function serviceWithDefaults(resource: Resource, object: JsonObject, storage: Storage): JsonObject {
  const given = objectAt(object, 'spec');
  const type = textAt(given, 'type') || 'ClusterIP';
  if (type === 'ExternalName') return { ...object, spec: given, status: statusOf(object) };
  // Not unless something is allocated: it would take as long for each object as there are objects.
  const others = (): JsonObject[] =>
    storage.list(resource).filter((other) => !isSame(other, object));
  const isExternal = type === 'NodePort' || type === 'LoadBalancer';
  const spec: JsonObject = {
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ...(isExternal
      ? { externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true }
      : {}),
    ...given,
    type,
    ...clusterIpsOf(given, others),
  };
  const taken = new Set(isExternal ? others().flatMap(nodePortsOf) : []);
  spec.ports = objectsAt(spec, 'ports').map((port) => ({
    protocol: 'TCP',
    targetPort: port.port ?? 0,
    ...port,
    ...(isExternal ? { nodePort: port.nodePort ?? freePort(taken) } : {}),
  }));
  if (type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') {
    spec.healthCheckNodePort ??= freePort(taken);
  }
  return { ...object, spec, status: statusOf(object) };
}

function statusOf(object: JsonObject): JsonObject {
  return { loadBalancer: {}, ...objectAt(object, 'status') };
}

function isSame(a: JsonObject, b: JsonObject): boolean {
  const [one, other] = [objectAt(a, 'metadata'), objectAt(b, 'metadata')];
  return one.name === other.name && one.namespace === other.namespace;
}

function clusterIpsOf(spec: JsonObject, others: () => readonly JsonObject[]): JsonObject {
  if (textAt(spec, 'clusterIP') !== '') {
    const clusterIPs = spec.clusterIPs ?? [textAt(spec, 'clusterIP')];
    return { clusterIPs, ...(spec.clusterIP === 'None' ? {} : familiesOf(clusterIPs)) };
  }
  if (Array.isArray(spec.clusterIPs) && typeof spec.clusterIPs[0] === 'string') {
    return { clusterIP: spec.clusterIPs[0], ...familiesOf(spec.clusterIPs) };
  }
  const wantsBoth = textAt(spec, 'ipFamilyPolicy').endsWith('DualStack');
  const families = Array.isArray(spec.ipFamilies)
    ? spec.ipFamilies.map(String)
    : wantsBoth
      ? ['IPv4', 'IPv6']
      : ['IPv4'];
  const taken = new Set(others().flatMap((other) => objectAt(other, 'spec').clusterIPs));
  const clusterIPs = families.map((family) => freeIp(family, taken));
  return { clusterIP: clusterIPs[0] ?? '', clusterIPs, ipFamilies: families };
}

function familiesOf(clusterIPs: unknown): JsonObject {
  const ips = Array.isArray(clusterIPs) ? clusterIPs.map(String) : [];
  return { ipFamilies: ips.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4')) };
}

function freeIp(family: string, taken: ReadonlySet<unknown>): string {
  const prefix = CLUSTER_IP_PREFIXES[family] ?? '';
  for (let number = 1; number < 255; number += 1) {
    const suffix = family === 'IPv6' ? number.toString(16).padStart(2, '0') : String(number);
    if (!taken.has(`${prefix}${suffix}`)) return `${prefix}${suffix}`;
  }
  throw new StatusError(500, 'InternalError', 'the range of ClusterIPs is full');
}

function nodePortsOf(service: JsonObject): unknown[] {
  const spec = objectAt(service, 'spec');
  return [...objectsAt(spec, 'ports').map((port) => port.nodePort), spec.healthCheckNodePort];
}

/** Takes the first that is free. */
function freePort(taken: Set<unknown>): number {
  for (let port = FIRST_NODE_PORT; port <= LAST_NODE_PORT; port += 1) {
    if (taken.has(port)) continue;
    taken.add(port);
    return port;
  }
  throw new StatusError(500, 'InternalError', 'the range of node ports is full');
}
