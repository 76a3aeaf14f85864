/**
 * A transport carries transactions to the kernel and brings back what is there. The nft command is
 * one; a netlink socket can be another.
 */
import type { IpFamily } from '../../rules/ip.ts';
import type { AffinityEdit, AffinityEntry } from '../../rules/nftables/affinity.ts';
import type { FoundTable } from '../../rules/nftables/planner.ts';
import type { Transaction } from '../../rules/nftables/transaction.ts';

/** Everything rejects with a KernelError. */
export interface Transport {
  /** Reads our table with all elements: expensive, for start and repair only. `undefined`: there is none. */
  readTable(family: IpFamily): Promise<FoundTable | undefined>;
  /** Reads which clients are stuck to which slots. */
  readAffinity(family: IpFamily): Promise<AffinityEntry[]>;
  /** Whether our table is there with the fixed rules of this id: cheap, to notice a flushed ruleset. */
  isIntact(family: IpFamily, rulesId: string): Promise<boolean>;
  /**
   * Applies a transaction, all of it or nothing; where it has to be split, in an order in which
   * every prefix is safe to live with. `edits` move or delete affinity entries along with it.
   */
  apply(transaction: Transaction, edits: readonly AffinityEdit[]): Promise<void>;
  /** Deletes a transaction's garbage. 'busy': too early, try again later. */
  collect(transaction: Transaction): Promise<void>;
  /** Removes our table of one family; false if there was none. */
  removeTable(family: IpFamily): Promise<boolean>;
}
