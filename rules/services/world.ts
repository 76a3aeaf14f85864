/**
 * The world as this node sees it, kept up to date event by event. Events only store and mark;
 * `checkOut` computes, and only what the events since the last one may have changed.
 */
import { isDeepStrictEqual } from 'node:util';
import { familyOf, IP_FAMILIES, mergeCidrs, type Cidr, type IpFamily } from '../ip.ts';
import { createClaims } from './claims.ts';
import { serviceKey } from './keys.ts';
import { servicePortsOf } from './service-ports.ts';
import { createSliceStore } from './slice-store.ts';
import type {
  EndpointSlice,
  NodeFacts,
  Problem,
  Service,
  ServiceKey,
  ServicePort,
} from './types.ts';

/** What changed since the last `checkOut`. */
export interface Changes {
  /** Services whose ports differ from before, both families in one list; an empty list means gone. */
  readonly ports: ReadonlyMap<ServiceKey, readonly ServicePort[]>;
  /** Whether `node` differs. Output that depends on it beyond `ports` (node IPs, pod CIDRs) is stale. */
  readonly nodeChanged: boolean;
  /** Whether `serviceCidrs` differs for a family. */
  readonly serviceCidrsChanged: boolean;
  /** How many Services were worked out anew: for tests and metrics of incrementality. */
  readonly recomputed: number;
}

/** Services, EndpointSlices, ServiceCIDRs and this node, and the service ports they amount to. */
export interface World {
  setNode(facts: NodeFacts): void;
  /** Sets what one ServiceCIDR object holds; `undefined` when the object is gone. */
  setServiceCidrs(name: string, cidrs: readonly Cidr[] | undefined): void;
  upsertService(service: Service): void;
  deleteService(key: ServiceKey): void;
  /** Stores a slice; one whose Service does not exist waits for it silently. */
  upsertSlice(slice: EndpointSlice): void;
  deleteSlice(namespace: string, name: string): void;

  /** Works out what the events since the last call changed. A port that did not change keeps its identity. */
  checkOut(): Changes;

  /** Before `setNode`: a node without name, zone and addresses. */
  readonly node: NodeFacts;
  readonly serviceCount: number;
  /** The ServiceCIDRs of this family, of all objects, not overlapping. */
  serviceCidrs(family: IpFamily): readonly Cidr[];
  /** One problem for each Service that lost a frontend to an older one, as of the last event. */
  conflicts(): readonly Problem[];
  /** The Service's ports as of the last `checkOut`; empty when there are none. */
  portsOf(key: ServiceKey): readonly ServicePort[];
  /** Every Service that has ports, as of the last `checkOut`. */
  allPorts(): ReadonlyMap<ServiceKey, readonly ServicePort[]>;
}

/** An empty world. */
export function createWorld(): World {
  const services = new Map<ServiceKey, Service>();
  const slices = createSliceStore();
  const claims = createClaims();
  const cidrsByName = new Map<string, readonly Cidr[]>();
  const ports = new Map<ServiceKey, readonly ServicePort[]>();
  const dirty = new Set<ServiceKey>();
  let node = NOWHERE;
  let checkedOut: CheckedOut = { node, serviceCidrs: [] };

  function markDirty(keys: Iterable<ServiceKey>): void {
    for (const key of keys) dirty.add(key);
  }

  function replaceService(key: ServiceKey, service: Service | undefined): void {
    const before = services.get(key);
    if (isDeepStrictEqual(before, service)) return;
    if (service === undefined) services.delete(key);
    else services.set(key, service);
    dirty.add(key);
    markDirty(claims.replace(before, service));
  }

  function portsOf(key: ServiceKey): readonly ServicePort[] {
    return ports.get(key) ?? NO_PORTS;
  }

  function computePorts(service: Service, key: ServiceKey): ServicePort[] {
    const surroundings = { slices: slices.of(key), place: node, owns: claims.owns };
    return IP_FAMILIES.flatMap((family) => servicePortsOf(service, family, surroundings));
  }

  function serviceCidrs(): Cidr[] {
    return mergeCidrs([...cidrsByName.values()].flat());
  }

  return {
    setNode(facts) {
      // Nothing else of the node decides which endpoints are chosen.
      if (facts.name !== node.name || facts.zone !== node.zone) markDirty(services.keys());
      node = facts;
    },
    setServiceCidrs(name, cidrs) {
      if (cidrs === undefined) cidrsByName.delete(name);
      else cidrsByName.set(name, cidrs);
    },
    upsertService: (service) => {
      replaceService(serviceKey(service.namespace, service.name), service);
    },
    deleteService: (key) => {
      replaceService(key, undefined);
    },
    upsertSlice: (slice) => {
      markDirty(slices.put(slice));
    },
    deleteSlice: (namespace, name) => {
      markDirty(slices.remove(namespace, name));
    },

    checkOut() {
      const changed = new Map<ServiceKey, readonly ServicePort[]>();
      let recomputed = 0;
      for (const key of dirty) {
        const service = services.get(key);
        if (service !== undefined) recomputed++;
        const before = portsOf(key);
        const after = service === undefined ? NO_PORTS : computePorts(service, key);
        const kept = keepUnchanged(before, after);
        if (kept === before) continue;
        if (kept.length === 0) ports.delete(key);
        else ports.set(key, kept);
        changed.set(key, kept);
      }
      dirty.clear();
      const before = checkedOut;
      checkedOut = { node, serviceCidrs: serviceCidrs() };
      return {
        ports: changed,
        nodeChanged: !isDeepStrictEqual(before.node, checkedOut.node),
        serviceCidrsChanged: !isDeepStrictEqual(before.serviceCidrs, checkedOut.serviceCidrs),
        recomputed,
      };
    },

    get node() {
      return node;
    },
    get serviceCount() {
      return services.size;
    },
    serviceCidrs: (family) => serviceCidrs().filter((cidr) => familyOf(cidr) === family),
    conflicts: () => claims.conflicts(),
    portsOf,
    allPorts: () => ports,
  };
}

// --- internal ---

/** What `checkOut` compares with the next time, besides the ports. */
interface CheckedOut {
  readonly node: NodeFacts;
  readonly serviceCidrs: readonly Cidr[];
}

const NOWHERE: NodeFacts = { name: '', zone: '', ips: [], podCIDRs: [], isEligible: false };
const NO_PORTS: readonly ServicePort[] = Object.freeze([]);

/** The new ports, but those that equal the old ones as the old objects; the old list when all do. */
function keepUnchanged(
  before: readonly ServicePort[],
  after: readonly ServicePort[],
): readonly ServicePort[] {
  const known = new Map(before.map((port) => [`${port.family} ${port.key}`, port]));
  const kept = after.map((port) => {
    const old = known.get(`${port.family} ${port.key}`);
    return old !== undefined && isDeepStrictEqual(old, port) ? old : port;
  });
  const isSame = kept.length === before.length && kept.every((port, i) => port === before[i]);
  return isSame ? before : kept;
}
