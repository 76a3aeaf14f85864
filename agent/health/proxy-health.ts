/**
 * Whether the proxy keeps up (behaviour document, section 6.1): a family is unhealthy when something
 * has waited for a successful sync for too long.
 */
import type { IpFamily } from '../../rules/ip.ts';
import type { FamilySync, ProxyObserver } from '../proxy-observer.ts';

/** One family's state. Times are in ms since the epoch. */
export interface FamilyHealth {
  readonly family: IpFamily;
  /** When a sync last succeeded, or the sync loop began; `undefined` before that. */
  readonly lastUpdatedMs: number | undefined;
  readonly isHealthy: boolean;
}

/** What health depends on. */
export interface ProxyHealthOptions {
  readonly families: readonly IpFamily[];
  /** How long something may wait. */
  readonly timeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Follows a proxy's syncs. */
export class ProxyHealth implements ProxyObserver {
  readonly #options: ProxyHealthOptions;
  readonly #families: ReadonlyMap<IpFamily, FamilyState>;

  constructor(options: ProxyHealthOptions) {
    this.#options = options;
    this.#families = new Map(options.families.map((family) => [family, { ...NEW_FAMILY }]));
  }

  /** The sync loop begins: whoever waited for the cluster's objects until now was in good health. */
  begin(): void {
    const now = this.#options.now();
    for (const state of this.#families.values()) state.lastUpdatedMs = now;
  }

  queued(): void {
    const now = this.#options.now();
    for (const state of this.#families.values()) state.queuedAtMs ??= now;
  }

  started(): void {
    for (const state of this.#families.values()) {
      state.takenUpAtMs ??= state.queuedAtMs;
      state.queuedAtMs = undefined;
    }
  }

  synced({ family, error }: FamilySync): void {
    const state = this.#families.get(family);
    if (state === undefined) return;
    const now = this.#options.now();
    if (error === undefined) {
      state.takenUpAtMs = undefined;
      state.lastUpdatedMs = now;
    } else {
      // A sync that nobody asked for looks after the table: its failure waits for a success, too.
      state.takenUpAtMs ??= now;
    }
  }

  /** Each family's state, now. */
  families(): readonly FamilyHealth[] {
    return [...this.#families].map(([family, state]) => ({
      family,
      lastUpdatedMs: state.lastUpdatedMs,
      isHealthy: this.#isHealthy(state),
    }));
  }

  /** Whether every family is healthy, now. */
  isHealthy(): boolean {
    return [...this.#families.values()].every((state) => this.#isHealthy(state));
  }

  #isHealthy({ lastUpdatedMs, takenUpAtMs, queuedAtMs }: FamilyState): boolean {
    const waitingSince = takenUpAtMs ?? queuedAtMs;
    if (lastUpdatedMs === undefined || waitingSince === undefined) return true;
    return this.#options.now() - waitingSince < this.#options.timeoutMs;
  }
}

// --- internal ---

/** Two marks, so that what is asked for during a sync is not taken for done with it. */
interface FamilyState {
  lastUpdatedMs: number | undefined;
  /** The first request since the last sync began. */
  queuedAtMs: number | undefined;
  /** The first request that a sync has begun to fulfil and none has yet. */
  takenUpAtMs: number | undefined;
}

const NEW_FAMILY: FamilyState = {
  lastUpdatedMs: undefined,
  queuedAtMs: undefined,
  takenUpAtMs: undefined,
};
