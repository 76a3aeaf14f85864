/**
 * The proxy: keeps this node as the cluster view wants it, with a proxier for each family, synced when
 * the runner says so.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { IP_FAMILIES, type IpFamily } from '../rules/ip.ts';
import type { ServiceKey } from '../rules/services/types.ts';
import type { ClusterView } from './cluster/cluster-view.ts';
import type { AgentConfig } from './config/agent-config.ts';
import { KernelError } from './kernel/kernel-error.ts';
import type { Logger } from './log.ts';
import type { Mode } from './modes/mode.ts';
import type { ProxyObserver } from './proxy-observer.ts';
import type { Applied, Proxier, ProxierEvents } from './sync/proxier.ts';
import { SyncRunner } from './sync/runner.ts';
import type { UserspaceProxy } from './userspace/interface.ts';

/** What a proxy needs. */
export interface ProxyOptions {
  readonly config: AgentConfig;
  readonly view: ClusterView;
  /** What makes the proxiers. */
  readonly mode: Pick<Mode, 'createProxier'>;
  readonly families: readonly IpFamily[];
  /** What carries connections in userspace, for a mode that needs it. */
  readonly userspace?: UserspaceProxy;
  readonly log: Logger;
  /**
   * Called once everything is programmed for the first time, to remove what is obsolete then; again
   * after the next sync when it answers false.
   */
  readonly removeLeftovers?: () => Promise<boolean>;
}

/** Brings a cluster view to work on this node. */
export class Proxy {
  /** One a family. */
  readonly proxiers: readonly Proxier[];
  readonly #view: ClusterView;
  readonly #config: AgentConfig;
  readonly #log: Logger;
  readonly #verifyIntervalMs: number;
  readonly #observers: ProxyObserver[] = [];
  /** When that happened which is not in the kernel yet: ms since the epoch. */
  readonly #triggers: Record<IpFamily, readonly number[]> = { IPv4: [], IPv6: [] };
  /** Conflicts that were said; said again only after they went away. */
  #conflicts: ReadonlySet<string> = new Set();
  #verifiedAt = performance.now();
  readonly #removeLeftovers: () => Promise<boolean>;
  #areLeftoversGone = false;

  constructor(options: ProxyOptions) {
    const { config, view, mode, families, userspace, log, removeLeftovers } = options;
    this.#removeLeftovers = removeLeftovers ?? (() => Promise.resolve(true));
    this.#view = view;
    this.#config = config;
    this.#log = log;
    this.#verifyIntervalMs = Math.min(config.syncPeriodMs, MAX_VERIFY_INTERVAL_MS);
    this.proxiers = IP_FAMILIES.filter((family) => families.includes(family)).map((family) =>
      mode.createProxier({
        family,
        settings: view.settings(family),
        events: this.#eventsOf(family),
        ...(userspace !== undefined && { userspace }),
      }),
    );
  }

  /** Tells this observer of everything from now on. */
  observe(observer: ProxyObserver): void {
    this.#observers.push(observer);
  }

  /** One sync. Rejects if a family could not be brought to what is wanted. */
  async sync(): Promise<void> {
    const changes = this.#view.checkOut();
    const { ports, nodeChanged, serviceCidrsChanged } = changes;
    for (const observer of this.#observers) observer.started?.(changes);
    this.#reportConflicts();
    for (const proxier of this.proxiers) {
      if (nodeChanged || serviceCidrsChanged) {
        proxier.configure(this.#view.settings(proxier.family));
      }
      for (const [service, servicePorts] of ports) proxier.setPorts(service, servicePorts);
    }
    this.#takeTriggers();
    const now = performance.now();
    // Changes or not: a flushed table must not wait for one.
    const isVerifyDue = now - this.#verifiedAt >= this.#verifyIntervalMs;
    // Both families, even if the first fails: each is a service of its own to its clients.
    const errors = await Promise.all(
      this.proxiers.map((proxier) => this.#syncFamily(proxier, isVerifyDue)),
    );
    const first = errors.find((error) => error !== undefined);
    if (first !== undefined) throw first;
    if (isVerifyDue) this.#verifiedAt = now;
    if (!this.#areLeftoversGone) this.#areLeftoversGone = await this.#removeLeftovers();
  }

  /** The Services that were refused, by family. */
  get quarantined(): readonly ServiceKey[] {
    return this.proxiers.flatMap(({ quarantined }) => quarantined);
  }

  /** Ends what would end with the process, in an orderly way; what is in the kernel stays. */
  async stop(): Promise<void> {
    // All before any: they may share what stops.
    await Promise.all(this.proxiers.map(async (proxier) => proxier.close?.()));
    await Promise.all(this.proxiers.map(async (proxier) => proxier.stop?.()));
  }

  /** Syncs whenever asked to, and looks after the rules in between, until the signal aborts. */
  start(signal: AbortSignal): { readonly request: () => void; readonly done: Promise<void> } {
    const runner = new SyncRunner({
      sync: () => this.sync(),
      minIntervalMs: this.#config.minSyncPeriodMs,
      maxIntervalMs: this.#verifyIntervalMs,
      retryIntervalMs: this.#config.syncPeriodMs,
      sleep: async (ms, abort) => {
        await sleep(ms, undefined, { signal: abort });
      },
    });
    const request = (): void => {
      for (const observer of this.#observers) observer.queued?.();
      runner.request();
    };
    return { request, done: runner.run(signal) };
  }

  #takeTriggers(): void {
    const taken = this.#view.takeTriggers();
    for (const { family } of this.proxiers) {
      const waiting = [...this.#triggers[family], ...taken[family]];
      this.#triggers[family] = waiting.slice(0, MAX_TRIGGERS);
    }
  }

  /** Answers the error if it failed. */
  async #syncFamily(proxier: Proxier, isVerifyDue: boolean): Promise<Error | undefined> {
    const { family } = proxier;
    const startedAt = performance.now();
    const readsBefore = proxier.reads;
    let error: Error | undefined;
    try {
      if (isVerifyDue) await proxier.verify();
      await proxier.sync();
    } catch (thrown) {
      error = this.#failed(family, thrown);
    }
    const sync = {
      family,
      elapsedMs: performance.now() - startedAt,
      isFull: proxier.reads > readsBefore,
      error,
      triggeredAtMs: error === undefined ? this.#triggers[family] : [],
    };
    if (error === undefined) this.#triggers[family] = [];
    for (const observer of this.#observers) observer.synced?.(sync);
    return error;
  }

  #eventsOf(family: IpFamily): ProxierEvents {
    return {
      applied: (applied) => {
        this.#reportApplied(applied);
        for (const observer of this.#observers) observer.applied?.(applied);
      },
      quarantined: (service, error) => {
        this.#log.error(
          { family, service, error: error.message },
          'the kernel refused this Service: it stays as it was, the others go on',
        );
      },
      repairing: (error, wasRefused) => {
        this.#log.warn({ family, error: error.message }, 'repairing the table');
        for (const observer of this.#observers) observer.repairing?.(family, wasRefused);
      },
      noted: (message) => {
        this.#log.warn({ family }, message);
      },
      collectFailed: (error) => {
        this.#log.debug({ family, error: error.message }, 'unused rules could not be deleted yet');
        for (const observer of this.#observers) observer.collectFailed?.(family);
      },
    };
  }

  #reportApplied(applied: Applied): void {
    const { family, table, added, replaced, removed, elapsedMs } = applied;
    this.#log.info(
      {
        family,
        ...(table === 'keep' ? {} : { table }),
        added,
        replaced,
        removed,
        elapsedMs: Math.round(elapsedMs * 10) / 10,
      },
      'applied',
    );
    if (!this.#log.isLevelEnabled('debug')) return;
    for (const { title, lines } of applied.report()) {
      for (const line of lines)
        this.#log.debug({ family, service: title, change: line }, 'changed');
    }
  }

  #reportConflicts(): void {
    const conflicts = this.#view.conflicts();
    const now = new Set(conflicts.map(({ object, message }) => `${object}: ${message}`));
    for (const text of now) {
      if (!this.#conflicts.has(text)) this.#log.warn({ problem: text }, 'conflict');
    }
    this.#conflicts = now;
  }

  #failed(family: IpFamily, error: unknown): Error {
    const code = error instanceof KernelError ? error.code : 'bug';
    this.#log.error({ family, code, error: messageOf(error) }, 'sync failed');
    return error instanceof Error ? error : new Error(String(error));
  }
}

// --- internal ---

/** How long a flushed ruleset may go unnoticed: looking costs two short runs of nft. */
const MAX_VERIFY_INTERVAL_MS = 5_000;

/** How many trigger times are kept while syncs fail: the oldest say enough. */
const MAX_TRIGGERS = 10_000;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
