/**
 * Where the world comes from. A source tells its sink what exists and what is gone, and computes
 * nothing; manifest files are one source, the API server's watches are another.
 */
import type { Cidr, IpFamily } from '../../rules/ip.ts';
import type { EndpointSlice, NodeFacts, Service, ServiceKey } from '../../rules/services/types.ts';
import type { LocatedProblem } from './problems.ts';

/** Something that knows the cluster's objects and keeps up with their changes. */
export interface ClusterSource {
  /**
   * Starts to feed the sink. Resolves when everything was listed once; changes follow until the
   * signal aborts, after which the sink is left alone. Rejects when there is nothing to read from.
   */
  start(sink: ClusterSink, signal: AbortSignal): Promise<void>;
  /** How fresh each kind's picture is; a source that is always up to date has nothing to say. */
  freshness?(): readonly Freshness[];
}

/** How far a source's picture of one kind can be believed. Ages are in milliseconds. */
export interface Freshness {
  /** `Service`, `EndpointSlice`, `Node`, `ServiceCIDR`. */
  readonly kind: string;
  /** Whether it was listed once. */
  readonly isSynced: boolean;
  /** Since the last sign that nothing was missed: a list, an event or a bookmark. */
  readonly viewAgeMs: number;
  /** Since something last changed; `undefined` when nothing has since the start. */
  readonly lastEventAgeMs: number | undefined;
}

/** What a source feeds. All calls are synchronous and cheap: they store and mark. */
export interface ClusterSink {
  upsertService(service: Service): void;
  deleteService(key: ServiceKey): void;
  upsertSlice(slice: EndpointSlice): void;
  deleteSlice(namespace: string, name: string): void;
  /**
   * What changed a slice of this Service happened at this time, in ms since the epoch: to be said
   * once for each change that carries it, before `changed` (behaviour document, section 1.6).
   */
  triggered?(service: ServiceKey, family: IpFamily, atMs: number): void;
  upsertNode(node: NodeFacts): void;
  deleteNode(name: string): void;
  /** Sets what one ServiceCIDR object holds; `undefined` when the object is gone. */
  setServiceCidrs(name: string, cidrs: readonly Cidr[] | undefined): void;
  /** Something in the input is wrong; said once for as long as it stays wrong. */
  problem(problem: LocatedProblem): void;
  /** The upserts and deletes since the last call belong together: please sync. */
  changed(): void;
}
