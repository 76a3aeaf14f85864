/** What has to be changed, as data: chains are the smallest unit. */
import type { ElementChange } from '../diff/element.ts';
import type { IpFamily } from '../ip.ts';
import type { Table } from './names.ts';

/** One change of one family's tables. */
export interface ChainTransaction {
  readonly family: IpFamily;
  /** In the order of sending; each table is changed at once, but one after the other. */
  readonly tables: readonly TableChanges[];
}

/** What changes in one table, in the order of names. */
export interface TableChanges {
  readonly table: Table;
  /** Chains to write (with `after`: its value is the rules, a line each) and to delete. */
  readonly chains: readonly ElementChange[];
  /** Rules in iptables' own chains to insert and to delete; see jumps.ts. */
  readonly jumps: readonly ElementChange[];
}

/** Whether there is nothing to do. */
export function isEmptyTransaction({ tables }: ChainTransaction): boolean {
  return tables.length === 0;
}

/** Every change, for counting and for noting that it was applied. */
export function changesOf({ tables }: ChainTransaction): ElementChange[] {
  return tables.flatMap(({ chains, jumps }) => [...chains, ...jumps]);
}
