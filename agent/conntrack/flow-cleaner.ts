/**
 * Removes stale UDP flows after syncs. It watches the proxy and works in the background, one pass
 * over the table at a time: rules never wait for it, and changes that come while it works are one
 * pass.
 */
import { pathKey, type FlowPath } from '../../rules/conntrack/flow-path.ts';
import { StaleFlows } from '../../rules/conntrack/stale-flows.ts';
import type { Ip, IpFamily } from '../../rules/ip.ts';
import type { Changes } from '../../rules/services/world.ts';
import type { FamilySync, ProxyObserver } from '../proxy-observer.ts';
import type { FlowTable } from './flow-table.ts';

/** Listens to a cleaner; implements what it needs, and never throws. */
export interface FlowObserver {
  /** A pass is over. */
  cleaned?(family: IpFamily, removed: number, elapsedMs: number): void;
  /** A pass failed: usually a ConntrackError. A sync after half a minute starts it again. */
  cleanFailed?(family: IpFamily, error: unknown): void;
}

/** What a cleaner needs. */
export interface FlowCleanerOptions {
  readonly families: readonly IpFamily[];
  readonly table: FlowTable;
  /** This node's addresses, now. */
  readonly nodeAddresses: () => ReadonlySet<Ip>;
  readonly observers: readonly FlowObserver[];
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
}

/** Keeps the flow table free of stale UDP flows. */
export class FlowCleaner implements ProxyObserver {
  readonly #options: FlowCleanerOptions;
  readonly #flows: ReadonlyMap<IpFamily, StaleFlows>;
  readonly #retryAt = new Map<IpFamily, number>();
  readonly #stop = new AbortController();
  /** What is under way. */
  #work: Promise<void> | undefined;

  constructor(options: FlowCleanerOptions) {
    this.#options = options;
    this.#flows = new Map(options.families.map((family) => [family, new StaleFlows(family)]));
  }

  /** Takes a sync's changes before the kernel has them, so that no new endpoint is a stranger. */
  started({ ports }: Changes): void {
    for (const flows of this.#flows.values()) {
      for (const [service, servicePorts] of ports) flows.setPorts(service, servicePorts);
    }
  }

  /** The rules were not ours for a while: packets may have gone through untranslated. */
  repairing(family: IpFamily): void {
    this.#flows.get(family)?.request();
  }

  /** Starts a pass if one is due now. */
  synced({ family, error }: Pick<FamilySync, 'family' | 'error'>): void {
    if (error !== undefined) return;
    this.#flows.get(family)?.programmed();
    if (this.#work !== undefined) return;
    const first = this.#next();
    if (first !== undefined) this.#work = this.#cleanAll(first);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** Ends what is under way, and starts nothing more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#work;
  }

  async #cleanAll(first: FamilyFlows): Promise<void> {
    for (let next: FamilyFlows | undefined = first; next !== undefined; next = this.#next()) {
      await this.#clean(...next);
    }
    this.#work = undefined;
  }

  #next(): FamilyFlows | undefined {
    if (this.#stop.signal.aborted) return undefined;
    const now = this.#options.now();
    return [...this.#flows].find(
      ([family, flows]) => flows.isDue && now >= (this.#retryAt.get(family) ?? now),
    );
  }

  async #clean(family: IpFamily, flows: StaleFlows): Promise<void> {
    const { nodeAddresses, observers, now } = this.#options;
    const startedAt = now();
    const lost = flows.startPass();
    try {
      const addresses = nodeAddresses();
      const pass = { lost, isNodeAddress: (ip: Ip) => addresses.has(ip) };
      const removed = await this.#removeThose(family, (path) => flows.isStale(path, pass));
      this.#retryAt.delete(family);
      for (const observer of observers) observer.cleaned?.(family, removed, now() - startedAt);
    } catch (error) {
      flows.passFailed(lost);
      this.#retryAt.set(family, now() + RETRY_MS);
      if (this.#stop.signal.aborted) return;
      for (const observer of observers) observer.cleanFailed?.(family, error);
    }
  }

  async #removeThose(family: IpFamily, isStale: (path: FlowPath) => boolean): Promise<number> {
    const { table } = this.#options;
    const { signal } = this.#stop;
    // By path: as many as there are frontends with endpoints that they lost, whatever the flows.
    const stale = new Map<string, FlowPath>();
    const visit = (path: FlowPath): void => {
      if (isStale(path)) stale.set(pathKey(path), path);
    };
    await table.list(family, visit, signal);
    let removed = 0;
    for (const path of stale.values()) {
      // Asked again: syncs go on meanwhile.
      if (isStale(path)) removed += await table.remove(family, path, signal);
    }
    return removed;
  }
}

// --- internal ---

type FamilyFlows = readonly [IpFamily, StaleFlows];

/** A pass that fails each time, over a large table, must not be all that the node does. */
const RETRY_MS = 30_000;
