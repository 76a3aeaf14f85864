/**
 * A transaction as text for `iptables-restore --noflush`, with the way back: from a line that it
 * complains about to the change that stands there.
 */
import type { ElementChange } from '../diff/element.ts';
import type { Table } from './names.ts';
import type { ChainTransaction, TableChanges } from './transaction.ts';

/** One line, and the change it is a part of. */
export interface RestoreLine {
  readonly text: string;
  readonly change: ElementChange | undefined;
  /** The rule's text, where the line adds one to a chain. */
  readonly rule?: string;
}

/** What may differ between the variants of iptables. */
export interface RestoreOptions {
  /**
   * The tables of which a restore of many chains begins with a listing. iptables-nft keeps the chains
   * that a restore names in a list that it walks for every line: 10,000 chains take 20 s. A command
   * that names none makes it fetch all chains once instead, and do without the list: 4 s. Of those
   * commands only a listing changes nothing.
   */
  readonly listed: readonly Table[];
}

/**
 * The lines of a transaction: a table at a time, each committed at once; a listed one in two steps,
 * chains first, if there is anything to insert into iptables' own.
 */
export function* restoreLines(
  { tables }: ChainTransaction,
  { listed }: RestoreOptions = { listed: [] },
): Generator<RestoreLine> {
  for (const changes of tables) {
    yield* tableLines(
      changes,
      listed.includes(changes.table) && changes.chains.length >= MANY_CHAINS,
    );
  }
}

/** Lines as one input. */
export function restoreText(lines: Iterable<RestoreLine>): string {
  let text = '';
  for (const line of lines) text += `${line.text}\n`;
  return text;
}

// --- internal ---

/** From where on fetching a whole table is less work than walking the list. */
const MANY_CHAINS = 500;

function* tableLines(
  { table, chains, jumps }: TableChanges,
  isListed: boolean,
): Generator<RestoreLine> {
  const inserted = jumps.filter(({ after }) => after !== undefined).map(jumpLine);
  const deleted = jumps.filter(({ after }) => after === undefined).map(jumpLine);
  yield { text: `*${table}`, change: undefined };
  if (isListed) yield { text: '-S', change: undefined };
  // Makes the chain, or empties it: one that is to be deleted must be empty too.
  for (const change of chains) yield { text: `:${change.key} - [0:0]`, change };
  for (const change of chains) {
    for (const rule of rulesOf(change)) yield { text: `-A ${change.key} ${rule}`, change, rule };
  }
  yield* deleted;
  if (!isListed) yield* inserted;
  for (const change of chains) {
    if (change.after === undefined) yield { text: `-X ${change.key}`, change };
  }
  yield { text: 'COMMIT', change: undefined };
  if (!isListed || inserted.length === 0) return;
  // On their own: after a listing iptables-nft takes its own chains for there, even if they are not.
  yield { text: `*${table}`, change: undefined };
  yield* inserted;
  yield { text: 'COMMIT', change: undefined };
}

/** The key is the chain and the rule in it. On top, as kube-proxy does: others put theirs below. */
function jumpLine(change: ElementChange): RestoreLine {
  return { text: `${change.after === undefined ? '-D' : '-I'} ${change.key}`, change };
}

function rulesOf({ after }: ElementChange): string[] {
  return after === undefined || after.value === '' ? [] : after.value.split('\n');
}
