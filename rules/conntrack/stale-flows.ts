/**
 * Which UDP flows are stale. The kernel translates a flow's packets all like the first one, so a
 * client that keeps sending from one port (a resolver, a log shipper) keeps its endpoint, even one
 * that is gone (behaviour document, section 5). TCP connections end by themselves.
 */
import { isDeepStrictEqual } from 'node:util';
import { joinHostPort, type Ip, type IpFamily } from '../ip.ts';
import type { Frontend, ServiceKey, ServicePort } from '../services/types.ts';
import { destinationOf, isTranslated, replierOf, type FlowPath } from './flow-path.ts';

/** What a pass, one look at all flows, goes by besides the frontends. */
export interface Pass {
  /** What `startPass` answered. */
  readonly lost: Lost;
  /** Whether an address is one of this node's. */
  readonly isNodeAddress: (ip: Ip) => boolean;
}

/** Serving endpoints that frontends had and lost. */
export type Lost = ReadonlyMap<FrontendKey, ReadonlySet<EndpointId>>;

/**
 * One family's UDP frontends with their serving endpoints, and what they lost. A change goes through
 * three steps: `setPorts` takes it, `programmed` says that the kernel has it, and the pass after that
 * looks for what it made stale. Earlier, old rules would only make new stale flows.
 */
export class StaleFlows {
  readonly #family: IpFamily;
  readonly #entries = new Map<ServiceKey, readonly Entry[]>();
  readonly #serving = new Map<FrontendKey, ReadonlySet<EndpointId>>();
  /** Changes that the kernel does not have yet; at first all flows that there are may be stale. */
  #taken = { needsPass: true, lost: new Map<FrontendKey, Set<EndpointId>>() };
  /** Changes that the kernel has, and that no pass was for. */
  #due = { needsPass: false, lost: new Map<FrontendKey, Set<EndpointId>>() };

  constructor(family: IpFamily) {
    this.#family = family;
  }

  /** Takes a Service's ports, none when it is gone; other families and protocols do not matter. */
  setPorts(service: ServiceKey, ports: readonly ServicePort[]): void {
    const before = this.#entries.get(service) ?? [];
    const after = ports.filter(({ family }) => family === this.#family).flatMap(entriesOf);
    if (isDeepStrictEqual(before, after)) return;
    if (after.length === 0) this.#entries.delete(service);
    else this.#entries.set(service, after);
    this.#noteChanges(before, after);
    for (const { key, serving } of before) {
      // Another Service may have taken the frontend over already.
      if (this.#serving.get(key) === serving) this.#serving.delete(key);
    }
    for (const { key, serving } of after) this.#serving.set(key, serving);
  }

  /** Asks for a pass without a change: rules were missing for a while, and flows came about without. */
  request(): void {
    this.#taken.needsPass = true;
  }

  /** The kernel has what was taken so far. */
  programmed(): void {
    this.#due.needsPass ||= this.#taken.needsPass;
    for (const [key, ids] of this.#taken.lost) addTo(this.#due.lost, key, ids);
    this.#taken = { needsPass: false, lost: new Map() };
  }

  /** Whether there may be stale flows that no pass has looked for. */
  get isDue(): boolean {
    return this.#due.needsPass && (this.#serving.size > 0 || this.#due.lost.size > 0);
  }

  /** Starts a pass, for everything that is due. */
  startPass(): Lost {
    const { lost } = this.#due;
    this.#due = { needsPass: false, lost: new Map() };
    return lost;
  }

  /** The pass did not see or remove all: the next one has to. */
  passFailed(lost: Lost): void {
    this.#due.needsPass = true;
    for (const [key, ids] of lost) {
      // A frontend that is there is looked at anyway: what it lost must not pile up meanwhile.
      if (!this.#serving.has(key)) addTo(this.#due.lost, key, ids);
    }
  }

  /**
   * Whether flows on this path are stale now: what became an endpoint since the pass started is one.
   * A node port's flow is known by its port; through this node to the same port of another machine
   * is not one.
   */
  isStale(path: FlowPath, { lost, isNodeAddress }: Pass): boolean {
    const destination = destinationOf(path);
    const serving = this.#serving.get(destination);
    if (serving !== undefined) return isStaleAt(serving, path);
    const nodePort = nodePortKey(path.destinationPort);
    const servingNodePort = this.#serving.get(nodePort);
    if (servingNodePort !== undefined) {
      const isForeign = !isTranslated(path) && !isNodeAddress(path.destination);
      return !isForeign && isStaleAt(servingNodePort, path);
    }
    return [destination, nodePort].some((key) => lost.get(key)?.has(replierOf(path)) === true);
  }

  #noteChanges(before: readonly Entry[], after: readonly Entry[]): void {
    const then = new Map(before.map(({ key, serving }) => [key, serving]));
    const now = new Map(after.map(({ key, serving }) => [key, serving]));
    for (const [key, serving] of then) {
      const lost = [...serving].filter((id) => now.get(key)?.has(id) !== true);
      if (lost.length === 0) continue;
      addTo(this.#taken.lost, key, lost);
      this.#taken.needsPass = true;
    }
    for (const [key, serving] of now) {
      // Packets that came before the first endpoint went through untranslated.
      const isFirst = serving.size > 0 && (then.get(key) ?? NOBODY).size === 0;
      this.#taken.needsPass ||= isFirst;
    }
  }
}

// --- internal ---

/** `ip:port`, or `nodeport:port`. */
type FrontendKey = string;
/** `ip:port`. */
type EndpointId = string;

interface Entry {
  readonly key: FrontendKey;
  readonly serving: ReadonlySet<EndpointId>;
}

const NOBODY: ReadonlySet<EndpointId> = new Set();

function entriesOf({ frontends, protocol, servingUdp }: ServicePort): Entry[] {
  if (protocol !== 'udp') return [];
  const serving = new Set(servingUdp);
  return frontends.map((frontend) => ({ key: frontendKey(frontend), serving }));
}

function frontendKey({ ip, port }: Frontend): FrontendKey {
  return ip === undefined ? nodePortKey(port) : joinHostPort(ip, port);
}

function nodePortKey(port: number): FrontendKey {
  return `nodeport:${port}`;
}

/**
 * Serving is enough to keep a flow: whether the endpoint is ready, near or on this node decides where
 * new flows go, no more. Where nobody serves, what is not translated is no flow of the Service.
 */
function isStaleAt(serving: ReadonlySet<EndpointId>, path: FlowPath): boolean {
  return serving.size > 0 ? !serving.has(replierOf(path)) : isTranslated(path);
}

function addTo(
  lost: Map<FrontendKey, Set<EndpointId>>,
  key: FrontendKey,
  ids: Iterable<EndpointId>,
): void {
  const known = lost.get(key) ?? new Set();
  for (const id of ids) known.add(id);
  lost.set(key, known);
}
