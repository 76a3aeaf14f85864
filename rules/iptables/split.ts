/**
 * Parts a transaction that the way to the kernel is too narrow for. Each part leaves every chain whole
 * and leading to chains that are there: what is led to comes before what leads to it, and goes after.
 */
import type { ElementChange } from '../diff/element.ts';
import type { Table } from './names.ts';
import type { ChainTransaction, TableChanges } from './transaction.ts';

/** Two halves, to be applied in this order; `undefined` where there is only one change. */
export function halvesOf(
  transaction: ChainTransaction,
): readonly [ChainTransaction, ChainTransaction] | undefined {
  const steps = transaction.tables.flatMap(stepsOf);
  if (steps.length < 2) return undefined;
  const middle = Math.ceil(steps.length / 2);
  const { family } = transaction;
  return [
    { family, tables: tablesOf(steps.slice(0, middle)) },
    { family, tables: tablesOf(steps.slice(middle)) },
  ];
}

// --- internal ---

interface Step {
  readonly table: Table;
  readonly kind: 'chains' | 'jumps';
  readonly change: ElementChange;
}

function stepsOf({ table, chains, jumps }: TableChanges): Step[] {
  const written = ledToFirst(chains, ({ after }) => after?.value);
  const deleted = ledToFirst(chains, ({ before, after }) =>
    after === undefined ? before?.value : undefined,
  ).reverse();
  const step =
    (kind: Step['kind']) =>
    (change: ElementChange): Step => ({ table, kind, change });
  return [
    ...written.map(step('chains')),
    ...jumps.map(step('jumps')),
    ...deleted.map(step('chains')),
  ];
}

/** The changes that have rules by `rulesOf`: those that are led to before those that lead to them. */
function ledToFirst(
  changes: readonly ElementChange[],
  rulesOf: (change: ElementChange) => string | undefined,
): ElementChange[] {
  const waiting = new Map(changes.map((change) => [change.key, change]));
  const ordered: ElementChange[] = [];
  const visit = (change: ElementChange): void => {
    const rules = rulesOf(change);
    if (rules === undefined || !waiting.delete(change.key)) return;
    for (const [, target = ''] of rules.matchAll(/(?:^| )-[jg] (\S+)/gm)) {
      const next = waiting.get(target);
      if (next !== undefined) visit(next);
    }
    ordered.push(change);
  };
  for (const change of changes) visit(change);
  return ordered;
}

function tablesOf(steps: readonly Step[]): TableChanges[] {
  const byTable = Map.groupBy(steps, ({ table }) => table);
  return [...byTable].map(([table, own]) => ({
    table,
    chains: own.filter(({ kind }) => kind === 'chains').map(({ change }) => change),
    jumps: own.filter(({ kind }) => kind === 'jumps').map(({ change }) => change),
  }));
}
