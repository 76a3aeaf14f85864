/** discovery.k8s.io/v1 EndpointSlice -> the fields a proxy needs (behaviour document, section 1.5). */
import { familyOf, type IpFamily } from '../../ip.ts';
import { serviceKey } from '../keys.ts';
import type { EndpointSlice, SliceEndpoint, SlicePort } from '../types.ts';
import { readIp } from './addresses.ts';
import {
  addProblem,
  addUnexpected,
  booleanAt,
  childAt,
  choiceAt,
  integerAt,
  listAt,
  mappingsAt,
  pathAt,
  readTop,
  stringAt,
  type Fields,
} from './fields.ts';
import { DNS_LABEL, DNS_SUBDOMAIN, nameAt, PORT_NAME } from './names.ts';
import { DEFAULT_NAMESPACE } from './object-ref.ts';
import { ignored, ok, refused, type Outcome } from './outcome.ts';
import { PORT_OR_NONE, protocolOf } from './ports.ts';

/** Reads a discovery.k8s.io/v1 EndpointSlice. Ignored are headless ones, FQDNs and those of no Service. */
export function parseEndpointSlice(raw: unknown): Outcome<EndpointSlice> {
  const top = readTop(raw, 'EndpointSlice');
  const { problems } = top.report;
  const metadata = childAt(top, 'metadata');
  const namespace = nameAt(metadata, 'namespace', DNS_LABEL, DEFAULT_NAMESPACE);
  const name = nameAt(metadata, 'name', DNS_SUBDOMAIN);
  if (namespace === undefined || name === undefined) return refused(problems);

  const labels = childAt(metadata, 'labels');
  const reason = reasonToIgnore(labels, top);
  if (problems.length > 0) return refused(problems);
  if (reason !== undefined) return ignored(reason);

  const service = nameAt(labels, SERVICE_NAME_LABEL, DNS_LABEL);
  const family = choiceAt(top, 'addressType', ['IPv4', 'IPv6']);
  if (service === undefined || family === undefined) return refused(problems);
  const slice: EndpointSlice = {
    namespace,
    name,
    service: serviceKey(namespace, service),
    family,
    ports: mappingsAt(top, 'ports', readSlicePort),
    endpoints: mappingsAt(top, 'endpoints', (endpoint) => readEndpoint(endpoint, family)),
    weight: readWeight(childAt(metadata, 'annotations')),
  };
  return ok(slice, problems);
}

// --- internal ---

const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
const WEIGHT_ANNOTATION = 'switchyard.dev/weight';

const DEFAULT_WEIGHT = 1;
const MAX_WEIGHT = 1000;

/** Shared by all endpoints without hints: there are hundreds of thousands of them. */
const NO_HINTS: readonly string[] = Object.freeze([]);

function reasonToIgnore(labels: Fields, top: Fields): string | undefined {
  if (Object.hasOwn(labels.values, HEADLESS_LABEL)) return `label ${HEADLESS_LABEL} is set`;
  if (top.values.addressType === 'FQDN') return 'addressType is FQDN';
  const service = labels.values[SERVICE_NAME_LABEL] ?? '';
  return service === '' ? `no label ${SERVICE_NAME_LABEL}` : undefined;
}

/** An annotation is text. */
function readWeight(annotations: Fields): number {
  const text = stringAt(annotations, WEIGHT_ANNOTATION);
  if (text === undefined) return DEFAULT_WEIGHT;
  const weight = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : NaN;
  if (weight <= MAX_WEIGHT) return weight;
  const wanted = `a whole number from 1 to ${MAX_WEIGHT}`;
  addUnexpected(annotations.report, pathAt(annotations, WEIGHT_ANNOTATION), wanted, text);
  return DEFAULT_WEIGHT;
}

/** A port without a number means "all ports", which no proxy supports (1.5). */
function readSlicePort(fields: Fields): SlicePort | undefined {
  // The API server defaults an absent name to empty text; manifests have not been through it.
  const name = nameAt(fields, 'name', PORT_NAME, '');
  const protocol = protocolOf(fields);
  const port = integerAt(fields, 'port', PORT_OR_NONE, 0) ?? 0;
  if (name === undefined || protocol === undefined || port === 0) return undefined;
  return { name, protocol, port };
}

/** Only the first address counts: the API says that all of them mean the same endpoint. */
function readEndpoint(fields: Fields, family: IpFamily): SliceEndpoint | undefined {
  const { path, report } = fields;
  const ip = readIp(listAt(fields, 'addresses')[0], `${path}.addresses[0]`, report);
  if (ip === undefined) return undefined;
  if (familyOf(ip) !== family) {
    const message = `expected an ${family} address as addressType says, got ${ip}`;
    addProblem(report, `${path}.addresses[0]`, message);
    return undefined;
  }
  const conditions = childAt(fields, 'conditions');
  const hints = childAt(fields, 'hints');
  return {
    ip,
    ready: booleanAt(conditions, 'ready', true),
    serving: booleanAt(conditions, 'serving', true),
    terminating: booleanAt(conditions, 'terminating', false),
    nodeName: stringAt(fields, 'nodeName') ?? '',
    zoneHints: readHints(hints, 'forZones'),
    nodeHints: readHints(hints, 'forNodes'),
  };
}

/** The hinted names, each once and sorted, so that equal hints are equal lists. */
function readHints(hints: Fields, key: string): readonly string[] {
  const names = mappingsAt(hints, key, (hint) => {
    const name = stringAt(hint, 'name') ?? '';
    return name === '' ? undefined : name;
  });
  return names.length === 0 ? NO_HINTS : [...new Set(names)].sort();
}
