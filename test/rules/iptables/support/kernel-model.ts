/**
 * iptables as far as restores go: chains with rules, changed by the lines of `iptables-restore
 * --noflush`, refused as the kernel refuses them.
 */
import type { FoundTables } from '../../../../rules/iptables/save.ts';
import { TABLES, type Table } from '../../../../rules/iptables/names.ts';

const BUILT_IN: Readonly<Record<Table, readonly string[]>> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
};

/** One family's tables. */
export class KernelModel {
  readonly tables = new Map<Table, Map<string, string[]>>(
    TABLES.map((table) => [table, new Map(BUILT_IN[table].map((name) => [name, []]))]),
  );

  /** Takes a restore; throws what the kernel would refuse. A table that was committed stays so. */
  restore(text: string): void {
    let table: Table | undefined;
    let chains = new Map<string, string[]>();
    for (const line of text.split('\n').filter((each) => each !== '')) {
      if (line.startsWith('*')) {
        table = TABLES.find((name) => line === `*${name}`);
        if (table === undefined) throw new Error(`no such table: ${line}`);
        chains = new Map([...this.chains(table)].map(([name, rules]) => [name, [...rules]]));
      } else if (line === 'COMMIT') {
        if (table === undefined) throw new Error('committed twice');
        checkTargets(chains);
        this.tables.set(table, chains);
        table = undefined;
      } else {
        runLine(line, chains);
      }
    }
    if (table !== undefined) throw new Error(`${table} was not committed`);
  }

  /** Everything in it. */
  save(): FoundTables {
    return this.tables;
  }

  /** The chains of a table. */
  chains(table: Table): ReadonlyMap<string, readonly string[]> {
    return this.tables.get(table) ?? new Map<string, string[]>();
  }
}

// --- internal ---

function runLine(line: string, chains: Map<string, string[]>): void {
  const [command = '', name = ''] = line.split(' ', 2);
  const rule = line.slice(command.length + name.length + 2);
  if (command.startsWith(':')) {
    chains.set(command.slice(1), []);
    return;
  }
  const rules = chains.get(name);
  if (rules === undefined) throw new Error(`no such chain: ${line}`);
  switch (command) {
    case '-A':
      rules.push(rule);
      return;
    case '-I':
      rules.unshift(rule);
      return;
    case '-D':
      if (!rules.includes(rule)) throw new Error(`no such rule: ${line}`);
      rules.splice(rules.indexOf(rule), 1);
      return;
    case '-X':
      if (rules.length > 0) throw new Error(`not empty: ${line}`);
      if ([...chains.values()].flat().some((each) => targetOf(each) === name)) {
        throw new Error(`in use: ${line}`);
      }
      chains.delete(name);
      return;
    default:
      throw new Error(`not understood: ${line}`);
  }
}

const TARGETS = ['ACCEPT', 'DROP', 'RETURN', 'REJECT', 'DNAT', 'MASQUERADE', 'MARK'];

function checkTargets(chains: ReadonlyMap<string, readonly string[]>): void {
  for (const rule of [...chains.values()].flat()) {
    const target = targetOf(rule);
    if (target !== undefined && !TARGETS.includes(target) && !chains.has(target)) {
      throw new Error(`leads to nothing: ${rule}`);
    }
  }
}

function targetOf(rule: string): string | undefined {
  return /(?:^| )-[jg] (\S+)(?: --\S+.*)?$/.exec(rule)?.[1];
}
