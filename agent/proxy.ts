/**
 * The proxy: keeps the kernel's tables as the cluster view wants them, one a family, synced when the
 * runner says so.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { IP_FAMILIES, type IpFamily } from '../rules/ip.ts';
import { reportChanges } from '../rules/nftables/report.ts';
import type { Transaction } from '../rules/nftables/transaction.ts';
import type { ServiceKey } from '../rules/services/types.ts';
import type { ClusterView } from './cluster/cluster-view.ts';
import type { AgentConfig } from './config/agent-config.ts';
import { KernelError } from './kernel/kernel-error.ts';
import type { Transport } from './kernel/transport.ts';
import type { Logger } from './log.ts';
import type { ProxyObserver } from './proxy-observer.ts';
import { SyncRunner } from './sync/runner.ts';
import { TableSync, type TableSyncEvents } from './sync/table-sync.ts';

/** What a proxy needs. */
export interface ProxyOptions {
  readonly config: AgentConfig;
  readonly view: ClusterView;
  readonly transport: Transport;
  readonly families: readonly IpFamily[];
  readonly log: Logger;
}

/** Brings a cluster view into the kernel. */
export class Proxy {
  /** One a family. */
  readonly tables: readonly TableSync[];
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

  constructor({ config, view, transport, families, log }: ProxyOptions) {
    this.#view = view;
    this.#config = config;
    this.#log = log;
    this.#verifyIntervalMs = Math.min(config.syncPeriodMs, MAX_VERIFY_INTERVAL_MS);
    this.tables = IP_FAMILIES.filter((family) => families.includes(family)).map((family) => {
      const events = this.#eventsOf(family);
      const settings = view.settings(family);
      return new TableSync({ family, settings, transport, events, now: () => performance.now() });
    });
  }

  /** Tells this observer of everything from now on. */
  observe(observer: ProxyObserver): void {
    this.#observers.push(observer);
  }

  /** One sync. Rejects if a family's table could not be brought to what is wanted. */
  async sync(): Promise<void> {
    const changes = this.#view.checkOut();
    const { ports, nodeChanged, serviceCidrsChanged } = changes;
    for (const observer of this.#observers) observer.started?.(changes);
    this.#reportConflicts();
    for (const table of this.tables) {
      if (nodeChanged || serviceCidrsChanged) {
        table.configure(this.#view.settings(table.planner.family));
      }
      for (const [service, servicePorts] of ports) table.setPorts(service, servicePorts);
    }
    this.#takeTriggers();
    const now = performance.now();
    // Changes or not: a flushed table must not wait for one.
    const isVerifyDue = now - this.#verifiedAt >= this.#verifyIntervalMs;
    // Both families, even if the first fails: each is a service of its own to its clients.
    const errors = await Promise.all(
      this.tables.map((table) => this.#syncTable(table, isVerifyDue)),
    );
    const first = errors.find((error) => error !== undefined);
    if (first !== undefined) throw first;
    if (isVerifyDue) this.#verifiedAt = now;
  }

  /** The Services that the kernel refused, by family. */
  get quarantined(): readonly ServiceKey[] {
    return this.tables.flatMap((table) => table.quarantined);
  }

  /** Syncs whenever asked to, and looks after the tables in between, until the signal aborts. */
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
    for (const { planner } of this.tables) {
      const waiting = [...this.#triggers[planner.family], ...taken[planner.family]];
      this.#triggers[planner.family] = waiting.slice(0, MAX_TRIGGERS);
    }
  }

  /** Answers the error if it failed. */
  async #syncTable(table: TableSync, isVerifyDue: boolean): Promise<Error | undefined> {
    const { family } = table.planner;
    const startedAt = performance.now();
    const readsBefore = table.reads;
    let error: Error | undefined;
    try {
      if (isVerifyDue) await table.verify();
      await table.sync();
    } catch (thrown) {
      error = this.#failed(family, thrown);
    }
    const sync = {
      family,
      elapsedMs: performance.now() - startedAt,
      isFull: table.reads > readsBefore,
      error,
      triggeredAtMs: error === undefined ? this.#triggers[family] : [],
    };
    if (error === undefined) this.#triggers[family] = [];
    for (const observer of this.#observers) observer.synced?.(sync);
    return error;
  }

  #eventsOf(family: IpFamily): TableSyncEvents {
    return {
      applied: (transaction, elapsedMs) => {
        this.#reportApplied(transaction, elapsedMs);
        for (const observer of this.#observers) observer.applied?.(transaction);
      },
      quarantined: (service, error) => {
        this.#log.error(
          { family, service, error: error.message },
          'the kernel refused this Service: it stays as it was, the others go on',
        );
      },
      repairing: (error) => {
        this.#log.warn({ family, error: error.message }, 'repairing the table');
        for (const observer of this.#observers) observer.repairing?.(family);
      },
      collectFailed: (error) => {
        this.#log.debug({ family, error: error.message }, 'unused chains could not be deleted yet');
        for (const observer of this.#observers) observer.collectFailed?.(family);
      },
    };
  }

  #reportApplied(transaction: Transaction, elapsedMs: number): void {
    const { family, table, changes } = transaction;
    const count = (isCounted: (before: boolean, after: boolean) => boolean): number =>
      changes.filter(({ before, after }) => isCounted(before !== undefined, after !== undefined))
        .length;
    this.#log.info(
      {
        family,
        ...(table === 'keep' ? {} : { table }),
        added: count((before, after) => !before && after),
        replaced: count((before, after) => before && after),
        removed: count((before, after) => before && !after),
        elapsedMs: Math.round(elapsedMs * 10) / 10,
      },
      'applied',
    );
    if (!this.#log.isLevelEnabled('debug')) return;
    const planner = this.tables.find((each) => each.planner.family === family)?.planner;
    for (const { title, lines } of reportChanges(transaction, planner?.frontends() ?? new Map())) {
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
