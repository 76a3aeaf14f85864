/** What iptables-save prints, as chains with their rules. */
import { isJump } from './jumps.ts';
import { isOurChain, TABLES, type Table } from './names.ts';

/** Every chain of the tables we know, ours and others', with its rules as text. */
export type FoundTables = ReadonlyMap<Table, ReadonlyMap<string, readonly string[]>>;

/**
 * The chains of a table that rules of others lead to: those in chains that are not ours, but for our
 * own jumps. The kernel does not let them be deleted; emptied they can be, so that they lead nowhere.
 */
export function usedByOthers(table: Table, found: FoundTables): ReadonlySet<string> {
  const targets = [...(found.get(table) ?? [])].flatMap(([name, rules]) =>
    isOurChain(table, name) ? [] : rules.filter((rule) => !isJump(table, name, rule)).map(targetOf),
  );
  return new Set(targets.filter((target) => target !== undefined));
}

/** Reads all tables that we know; lines that are no chain and no rule are left out. */
export function parseSave(text: string): FoundTables {
  const tables = new Map<Table, Map<string, string[]>>();
  let chains: Map<string, string[]> | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      const table = TABLES.find((name) => line === `*${name}`);
      chains = table === undefined ? undefined : new Map();
      if (table !== undefined && chains !== undefined) tables.set(table, chains);
    } else if (line.startsWith(':')) {
      chains?.set(line.slice(1, line.indexOf(' ')), []);
    } else if (line.startsWith('-A ')) {
      const end = line.indexOf(' ', 3);
      const name = line.slice(3, end < 0 ? undefined : end);
      chains?.get(name)?.push(end < 0 ? '' : line.slice(end + 1));
    }
  }
  return tables;
}

// --- internal ---

function targetOf(rule: string): string | undefined {
  // A comment of others may hold anything.
  return /(?:^| )-[jg] (\S+)/.exec(rule.replaceAll(QUOTED, '""'))?.[1];
}

const QUOTED = /"(?:[^"\\]|\\.)*"/g;
