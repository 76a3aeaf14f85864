/**
 * A transaction as text for `iptables-restore --noflush`, with the way back: from a line that it
 * complains about to the change that stands there.
 */
import type { ElementChange } from '../diff/element.ts';
import type { ChainTransaction, TableChanges } from './transaction.ts';

/** One line, and the change it is a part of. */
export interface RestoreLine {
  readonly text: string;
  readonly change: ElementChange | undefined;
  /** The rule's text, where the line adds one to a chain. */
  readonly rule?: string;
}

/** The lines of a transaction: a table at a time, each committed at once. */
export function* restoreLines({ tables }: ChainTransaction): Generator<RestoreLine> {
  for (const changes of tables) yield* tableLines(changes);
}

/** Lines as one input. */
export function restoreText(lines: Iterable<RestoreLine>): string {
  let text = '';
  for (const line of lines) text += `${line.text}\n`;
  return text;
}

// --- internal ---

function* tableLines({ table, chains, jumps }: TableChanges): Generator<RestoreLine> {
  yield { text: `*${table}`, change: undefined };
  // Makes the chain, or empties it: one that is to be deleted must be empty too.
  for (const change of chains) yield { text: `:${change.key} - [0:0]`, change };
  for (const change of chains) {
    for (const rule of rulesOf(change)) yield { text: `-A ${change.key} ${rule}`, change, rule };
  }
  for (const change of jumps) {
    // The key is the chain and the rule in it. On top, as kube-proxy does: others put theirs below.
    yield { text: `${change.after === undefined ? '-D' : '-I'} ${change.key}`, change };
  }
  for (const change of chains) {
    if (change.after === undefined) yield { text: `-X ${change.key}`, change };
  }
  yield { text: 'COMMIT', change: undefined };
}

function rulesOf({ after }: ElementChange): string[] {
  return after === undefined || after.value === '' ? [] : after.value.split('\n');
}
