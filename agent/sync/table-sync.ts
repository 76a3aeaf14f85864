/** Keeps one family's nftables table. */
import { countChanges, type ElementChange } from '../../rules/diff/element.ts';
import type { Inventory } from '../../rules/inventory.ts';
import type { IpFamily } from '../../rules/ip.ts';
import { affinityEdits, type AffinityEdit } from '../../rules/nftables/affinity.ts';
import { tableInventory } from '../../rules/nftables/inventory.ts';
import { NftablesPlanner } from '../../rules/nftables/planner.ts';
import { reportChanges } from '../../rules/nftables/report.ts';
import { isEmptyTransaction, type Transaction } from '../../rules/nftables/transaction.ts';
import type { ServiceKey } from '../../rules/services/types.ts';
import type { RuleSettings } from '../../rules/settings.ts';
import { blamesContent, KernelError } from '../kernel/kernel-error.ts';
import type { Transport } from '../kernel/transport.ts';
import type { Applied, ProxierEvents } from './proxier.ts';
import { RuleSync, type RuleBackend } from './rule-sync.ts';

/** What a table sync needs. */
export interface TableSyncOptions {
  readonly family: IpFamily;
  readonly settings: RuleSettings;
  readonly transport: Transport;
  readonly events: ProxierEvents;
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
}

/** One family's table, kept. */
export class TableSync extends RuleSync {
  readonly planner: NftablesPlanner;

  constructor(options: TableSyncOptions) {
    const backend = new TableBackend(options);
    super({ ...options, backend });
    this.planner = backend.planner;
  }
}

// --- internal ---

class TableBackend implements RuleBackend {
  readonly planner: NftablesPlanner;
  readonly #transport: Transport;
  readonly #now: () => number;

  constructor({ family, settings, transport, now }: TableSyncOptions) {
    this.planner = new NftablesPlanner(family, settings);
    this.#transport = transport;
    this.#now = now;
  }

  configure(settings: RuleSettings): void {
    this.planner.configure(settings);
  }

  async read(): Promise<void> {
    this.planner.adopt(await this.#transport.readTable(this.planner.family));
  }

  async apply(): Promise<Applied | undefined> {
    const transaction = this.planner.plan();
    const started = this.#now();
    const isEmpty = isEmptyTransaction(transaction);
    if (!isEmpty) await this.#applyWithAffinity(transaction);
    const applied = this.#describe(transaction, this.#now() - started);
    this.planner.committed(transaction);
    return isEmpty ? undefined : applied;
  }

  async isIntact(): Promise<boolean> {
    const { family, appliedRulesId } = this.planner;
    return appliedRulesId === undefined || this.#transport.isIntact(family, appliedRulesId);
  }

  ownersOf({ collection, key }: ElementChange): readonly ServiceKey[] {
    return this.planner.ownersOf(collection, key);
  }

  /** On its own, after the transaction: kernels before 6.2 want that. */
  async collect(): Promise<void> {
    const transaction = this.planner.plan();
    if (transaction.garbage.length === 0) return;
    await this.#transport.collect(transaction);
    this.planner.collected(transaction);
  }

  inventory(quarantined: readonly ServiceKey[]): Inventory {
    return tableInventory(this.planner, quarantined);
  }

  #describe(transaction: Transaction, elapsedMs: number): Applied {
    const { family, table, changes } = transaction;
    return {
      family,
      table,
      ...countChanges(changes),
      elapsedMs,
      report: () => reportChanges(transaction, this.planner.frontends()),
    };
  }

  /** Affinity entries come and go with packets: if one did since it was read, the rest matters more. */
  async #applyWithAffinity(transaction: Transaction): Promise<void> {
    const edits = await this.#affinityEdits(transaction);
    try {
      await this.#transport.apply(transaction, edits);
    } catch (error) {
      const isRace = error instanceof KernelError && edits.length > 0 && blamesContent(error);
      if (!isRace) throw error;
      await this.#transport.apply(transaction, []);
    }
  }

  async #affinityEdits(transaction: Transaction): Promise<AffinityEdit[]> {
    if (transaction.affinity.length === 0 || transaction.table !== 'keep') return [];
    const entries = await this.#transport.readAffinity(transaction.family);
    const lasting = entries.filter(({ expiresSeconds }) => expiresSeconds >= SOON_GONE_SECONDS);
    return affinityEdits(lasting, transaction.affinity, (frontend) =>
      this.planner.isServiceIp(frontend),
    );
  }
}

/** An entry this close to its end may be gone before the transaction that names it arrives. */
const SOON_GONE_SECONDS = 5;
