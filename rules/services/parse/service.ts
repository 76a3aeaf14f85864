/** core/v1 Service -> the fields a proxy needs (behaviour document, sections 1.3 and 1.4). */
import { LOAD_BALANCINGS } from '../load-balancing.ts';
import type { Service, TrafficPolicy } from '../types.ts';
import {
  addUnexpected,
  childAt,
  choiceAt,
  integerAt,
  optionalChoiceAt,
  readTop,
  stringAt,
  type Fields,
} from './fields.ts';
import { DNS_LABEL, nameAt } from './names.ts';
import { DEFAULT_NAMESPACE } from './object-ref.ts';
import { ignored, ok, refused, type Outcome } from './outcome.ts';
import { readPortSpecs } from './port-specs.ts';
import { PORT } from './ports.ts';
import {
  primaryClusterIp,
  readClusterIps,
  readExternalIps,
  readLoadBalancerVips,
  readSourceRanges,
} from './service-addresses.ts';

/** Reads a core/v1 Service. Ignored are those for other proxies, headless ones and ExternalNames. */
export function parseService(raw: unknown): Outcome<Service> {
  const top = readTop(raw, 'Service');
  const { problems } = top.report;
  const metadata = childAt(top, 'metadata');
  const namespace = nameAt(metadata, 'namespace', DNS_LABEL, DEFAULT_NAMESPACE);
  const name = nameAt(metadata, 'name', DNS_LABEL);
  if (namespace === undefined || name === undefined) return refused(problems);

  const spec = childAt(top, 'spec');
  const reason = reasonToIgnore(childAt(metadata, 'labels'), spec);
  if (problems.length > 0) return refused(problems);
  if (reason !== undefined) return ignored(reason);

  const clusterIPs = readClusterIps(spec);
  if (clusterIPs.length === 0) return refused(problems);
  const type = choiceAt(spec, 'type', ['ClusterIP', 'NodePort', 'LoadBalancer'], 'ClusterIP');
  const externalPolicy = trafficPolicyAt(spec, 'externalTrafficPolicy');
  const ranges = readSourceRanges(spec);
  const annotations = childAt(metadata, 'annotations');
  const service: Service = {
    namespace,
    name,
    createdAtMs: createdAtMsOf(metadata),
    type: type ?? 'ClusterIP',
    clusterIPs,
    ports: readPortSpecs(spec),
    externalIPs: readExternalIps(spec),
    loadBalancerVIPs: readLoadBalancerVips(childAt(top, 'status'), ranges),
    sourceRanges: ranges.cidrs,
    affinitySeconds: readAffinitySeconds(spec),
    internalPolicy: trafficPolicyAt(spec, 'internalTrafficPolicy'),
    externalPolicy,
    healthCheckNodePort:
      type === 'LoadBalancer' && externalPolicy === 'Local' ? readHealthCheckNodePort(spec) : 0,
    loadBalancing: optionalChoiceAt(annotations, LOAD_BALANCING_ANNOTATION, LOAD_BALANCINGS),
    sendsProxyHeader:
      optionalChoiceAt(annotations, PROXY_PROTOCOL_ANNOTATION, PROXY_PROTOCOLS) !== undefined,
  };
  return ok(service, problems);
}

// --- internal ---

const PROXY_NAME_LABEL = 'service.kubernetes.io/service-proxy-name';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const LOAD_BALANCING_ANNOTATION = 'switchyard.dev/load-balancing';
const PROXY_PROTOCOL_ANNOTATION = 'switchyard.dev/proxy-protocol';
/** Version 1 is text, and says no more. */
const PROXY_PROTOCOLS = ['v2'] as const;

/** What the API server defaults `timeoutSeconds` to; its limit is a day. */
const DEFAULT_AFFINITY_SECONDS = 10_800;
const AFFINITY_SECONDS = { what: 'seconds', from: 1, to: 86_400 };

function reasonToIgnore(labels: Fields, spec: Fields): string | undefined {
  if (Object.hasOwn(labels.values, PROXY_NAME_LABEL)) return `label ${PROXY_NAME_LABEL} is set`;
  if (Object.hasOwn(labels.values, HEADLESS_LABEL)) return `label ${HEADLESS_LABEL} is set`;
  if (spec.values.type === 'ExternalName') return 'type is ExternalName';
  const clusterIP = primaryClusterIp(spec);
  if (clusterIP === 'None') return 'headless';
  return clusterIP === undefined || clusterIP === '' ? 'no clusterIP' : undefined;
}

/** 0 when absent. Only RFC 3339 counts: other text would be read in the machine's own time zone. */
function createdAtMsOf(metadata: Fields): number {
  const text = stringAt(metadata, 'creationTimestamp');
  if (text === undefined) return 0;
  const isRfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const createdAtMs = isRfc3339 ? Date.parse(text) : NaN;
  if (!Number.isNaN(createdAtMs)) return createdAtMs;
  const path = 'metadata.creationTimestamp';
  addUnexpected(metadata.report, path, 'a time such as 2026-01-31T12:00:00Z', text);
  return 0;
}

function trafficPolicyAt(spec: Fields, key: string): TrafficPolicy {
  return choiceAt(spec, key, ['Cluster', 'Local'], 'Cluster') ?? 'Cluster';
}

function readAffinitySeconds(spec: Fields): number | undefined {
  const affinity = choiceAt(spec, 'sessionAffinity', ['None', 'ClientIP'], 'None');
  if (affinity !== 'ClientIP') return undefined;
  const config = childAt(childAt(spec, 'sessionAffinityConfig'), 'clientIP');
  const seconds = integerAt(config, 'timeoutSeconds', AFFINITY_SECONDS, DEFAULT_AFFINITY_SECONDS);
  return seconds ?? DEFAULT_AFFINITY_SECONDS;
}

/** Load balancers probe it to find the nodes with endpoints; the API server always allocates one. */
function readHealthCheckNodePort(spec: Fields): number {
  return integerAt(spec, 'healthCheckNodePort', PORT) ?? 0;
}
