/**
 * A transaction as data: everything that one atomic change of our table in one family consists of,
 * before it becomes text, JSON or netlink messages.
 */
import type { ElementChange } from '../diff/element.ts';
import type { IpFamily } from '../ip.ts';
import type { AffinityMove } from './affinity.ts';
import type { RuleSettings } from '../settings.ts';

/** What is done to the table itself, before any element. */
export type TableStep =
  /** There is no table of ours: make it. */
  | 'create'
  /** There is one of another shape: delete it and make ours, in the same transaction. */
  | 'replace'
  /** The shape is right but its fixed rules are not: write them anew. */
  | 'refill'
  /** The table is as it should be. */
  | 'keep';

/** One atomic change of the table in one family. */
export interface Transaction {
  readonly family: IpFamily;
  readonly table: TableStep;
  /** What the fixed rules are made from. */
  readonly settings: RuleSettings;
  /** The id of the fixed rules that a refill takes the place of, if the table said one. */
  readonly oldRulesId: string | undefined;
  /** Names of shared chains that get their first user. */
  readonly newChains: readonly string[];
  /** In the order of sending. */
  readonly changes: readonly ElementChange[];
  /** Clients whose slot went to another endpoint; only a transport can tell which clients these are. */
  readonly affinity: readonly AffinityMove[];
  /**
   * Shared chains without a user once this is applied. They are deleted by a transaction of their
   * own: before kernel 6.2 the kernel notices late that the last element pointing at a chain is gone.
   */
  readonly garbage: readonly string[];
}

/** Whether applying it would change nothing; garbage may be left. */
export function isEmptyTransaction(transaction: Transaction): boolean {
  return (
    transaction.table === 'keep' &&
    transaction.newChains.length === 0 &&
    transaction.changes.length === 0
  );
}
