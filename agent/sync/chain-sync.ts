/** Keeps one family's iptables chains. */
import { countChanges, type ElementChange } from '../../rules/diff/element.ts';
import type { Inventory } from '../../rules/inventory.ts';
import type { IpFamily } from '../../rules/ip.ts';
import { countedRules, type PacketCount } from '../../rules/iptables/counted-rules.ts';
import { chainInventory } from '../../rules/iptables/inventory.ts';
import { countRules, IptablesPlanner } from '../../rules/iptables/planner.ts';
import { reportChanges } from '../../rules/iptables/report.ts';
import type { ChainOptions, ChainSettings } from '../../rules/iptables/settings.ts';
import {
  changesOf,
  isEmptyTransaction,
  type ChainTransaction,
} from '../../rules/iptables/transaction.ts';
import type { ServiceKey } from '../../rules/services/types.ts';
import type { RuleSettings } from '../../rules/settings.ts';
import type { IptablesTransport } from '../kernel/iptables-transport.ts';
import type { Applied, ProxierEvents, RuleCount } from './proxier.ts';
import { RuleSync, type RuleBackend } from './rule-sync.ts';

/** What a chain sync needs. */
export interface ChainSyncOptions {
  readonly family: IpFamily;
  readonly settings: RuleSettings;
  /** What the chains depend on besides the settings of every mode, now: asked whenever those change. */
  readonly chainOptions: () => ChainOptions;
  readonly transport: ChainTransport;
  readonly events: ProxierEvents;
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
}

/** What is asked of the kernel. Everything rejects with a KernelError. */
export type ChainTransport = Pick<
  IptablesTransport,
  'readForWriting' | 'isIntact' | 'apply' | 'countPackets'
>;

/** One family's chains, kept. */
export class ChainSync extends RuleSync {
  readonly #chains: ChainBackend;

  constructor(options: ChainSyncOptions) {
    const backend = new ChainBackend(options);
    super({ ...options, backend });
    this.#chains = backend;
  }

  ruleCounts(): readonly RuleCount[] {
    return this.#chains.ruleCounts();
  }

  packetCounts(): Promise<ReadonlyMap<PacketCount, number>> {
    return this.#chains.packetCounts();
  }
}

// --- internal ---

class ChainBackend implements RuleBackend {
  readonly planner: IptablesPlanner;
  /** The tables are everybody's, and the canaries do not tell of one rule that is gone, or one chain's. */
  readonly readAgainMs = 3_600_000;
  readonly #chainOptions: () => ChainOptions;
  #settings: ChainSettings;
  readonly #transport: ChainTransport;
  readonly #now: () => number;
  /** Whether the next change is the first one since everything was looked at. */
  #isFull = true;
  #hasApplied = false;
  /** How many rules the last sync wrote, by table. */
  #written: ReadonlyMap<string, number> = new Map();

  constructor({ family, settings, chainOptions, transport, now }: ChainSyncOptions) {
    this.#chainOptions = chainOptions;
    this.#settings = { ...settings, ...chainOptions() };
    this.planner = new IptablesPlanner(family, this.#settings);
    this.#transport = transport;
    this.#now = now;
  }

  configure(settings: RuleSettings): void {
    this.#settings = { ...settings, ...this.#chainOptions() };
    this.planner.configure(this.#settings);
  }

  async read(): Promise<void> {
    this.planner.adopt(await this.#transport.readForWriting(this.planner.family));
    this.#isFull = true;
  }

  async apply(): Promise<Applied | undefined> {
    const transaction = this.planner.plan();
    const started = this.#now();
    const isEmpty = isEmptyTransaction(transaction);
    if (!isEmpty) await this.#transport.apply(transaction);
    const applied = this.#describe(transaction, this.#now() - started);
    this.planner.committed(transaction);
    this.#written = rulesIn(transaction);
    this.#isFull = false;
    this.#hasApplied = true;
    return isEmpty ? undefined : applied;
  }

  async isIntact(): Promise<boolean> {
    return !this.#hasApplied || this.#transport.isIntact(this.planner.family);
  }

  ownersOf({ collection, key, after }: ElementChange): readonly ServiceKey[] {
    return this.planner.ownersOf(collection, key, after?.value);
  }

  ruleCounts(): readonly RuleCount[] {
    return (['filter', 'nat'] as const).map((table) => ({
      table,
      total: this.planner.ruleCount(table),
      last: this.#written.get(table) ?? 0,
    }));
  }

  async packetCounts(): Promise<ReadonlyMap<PacketCount, number>> {
    const counts = new Map<PacketCount, number>();
    // Before, there may be no table, and the legacy variant makes one when it is asked.
    if (!this.#hasApplied) return counts;
    const { family } = this.planner;
    for (const [name, rule] of countedRules(family, this.#settings)) {
      const packets = await this.#transport.countPackets(family, rule);
      if (packets !== undefined) counts.set(name, packets);
    }
    return counts;
  }

  inventory(quarantined: readonly ServiceKey[]): Inventory {
    return chainInventory(this.planner, quarantined);
  }

  #describe(transaction: ChainTransaction, elapsedMs: number): Applied {
    const { family } = transaction;
    return {
      family,
      table: this.#isFull ? 'full' : 'keep',
      ...countChanges(changesOf(transaction)),
      elapsedMs,
      report: () => reportChanges(transaction, this.planner.ports),
    };
  }
}

function rulesIn({ tables }: ChainTransaction): Map<string, number> {
  return new Map(
    tables.map(({ table, chains }) => [table, countRules(chains.map(({ after }) => after))]),
  );
}
