/** What takes our chains out of tables that were found. */
import type { Element, ElementChange } from '../diff/element.ts';
import type { IpFamily } from '../ip.ts';
import { chainElement } from './dispatch.ts';
import { isJump, jumpElement } from './jumps.ts';
import { CANARY, isOurChain, SIGNATURE, TABLES, type Table } from './names.ts';
import { usedByOthers, type FoundTables } from './save.ts';
import type { ChainTransaction } from './transaction.ts';

/** Whose chains of our names are there: a kube-proxy's are called the same. */
export type ChainOwner = 'nobody' | 'us' | 'kube-proxy';

/** Tells by the signature in a chain that kube-proxy writes anew with every sync. */
export function ownerOf(found: FoundTables): ChainOwner {
  const chains = TABLES.flatMap((table) => ourChains(table, found));
  if (chains.length === 0) return 'nobody';
  const rulesOf = (wanted: string): string[] =>
    chains.filter(([name]) => name === wanted).flatMap(([, rules]) => rules);
  const mark = rulesOf('KUBE-MARK-MASQ');
  // A flushed nat table says nothing; what is left of the others may.
  const telling = mark.length > 0 ? mark : rulesOf(CANARY);
  return telling.some((rule) => rule.includes(SIGNATURE)) ? 'us' : 'kube-proxy';
}

/**
 * Deletes all chains of our names, and what leads to them. What is shared with kubelet stays; what rules
 * of others lead to is emptied.
 */
export function removalOf(family: IpFamily, found: FoundTables): ChainTransaction {
  const tables = TABLES.map((table) => ({
    table,
    chains: removedChains(table, found),
    jumps: [...(found.get(table) ?? [])].flatMap(([parent, rules]) =>
      rules
        .filter((rule) => isJump(table, parent, rule))
        .map((rule) => gone(jumpElement({ table, parent, rule }))),
    ),
  }));
  return { family, tables: tables.filter(({ chains, jumps }) => chains.length + jumps.length > 0) };
}

// --- internal ---

type Chain = readonly [name: string, rules: readonly string[]];

/** Those that can be deleted. */
function ourChains(table: Table, found: FoundTables): Chain[] {
  const used = usedByOthers(table, found);
  return chainsOf(table, found).filter(([name]) => !used.has(name));
}

/** Deletes what can be deleted, and empties the rest. */
function removedChains(table: Table, found: FoundTables): ElementChange[] {
  const used = usedByOthers(table, found);
  return chainsOf(table, found).flatMap(([name, rules]) => {
    const chain = chainElement(table, name, rules);
    if (!used.has(name)) return [gone(chain)];
    return rules.length > 0 ? [emptied(chain)] : [];
  });
}

function chainsOf(table: Table, found: FoundTables): Chain[] {
  return [...(found.get(table) ?? [])].filter(([name]) => isOurChain(table, name));
}

function gone(before: Element): ElementChange {
  return { collection: before.collection, key: before.key, before, after: undefined };
}

function emptied(before: Element): ElementChange {
  return { ...gone(before), after: { ...before, value: '' } };
}
