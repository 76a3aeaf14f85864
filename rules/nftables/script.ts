/**
 * A transaction as text for `nft -f -`, with the way back: from a place that nft complains about to
 * the change that stands there.
 */
import type { ElementChange } from '../diff/element.ts';
import { renderCommand } from '../nftables-json/index.ts';
import type { AffinityEdit } from './affinity.ts';
import { transactionSteps, type Step } from './commands.ts';
import type { Transaction } from './transaction.ts';

/** One step as text. */
export interface ScriptStep {
  /** One command each, without the newline. */
  readonly lines: readonly string[];
  readonly changes: readonly ElementChange[];
}

/** Elements a command, where speed counts: a thousand are no faster, and one each takes twice as long. */
export const ELEMENTS_PER_COMMAND = 500;

/** The steps of a transaction as text, in order. */
export function scriptSteps(
  transaction: Transaction,
  edits: readonly AffinityEdit[] = [],
): ScriptStep[] {
  const steps: ScriptStep[] = [];
  for (const step of transactionSteps(transaction, edits, ELEMENTS_PER_COMMAND)) {
    steps.push(renderStep(step));
  }
  return steps;
}

/** Steps as one input for nft. */
export function scriptText(steps: readonly ScriptStep[]): string {
  return steps.map(({ lines }) => `${lines.join('\n')}\n`).join('');
}

/**
 * The change at a place in `scriptText(steps)`; line and column from 1. `undefined` where no element
 * stands.
 */
export function changeAt(
  steps: readonly ScriptStep[],
  line: number,
  column: number,
): ElementChange | undefined {
  let firstLine = 1;
  for (const { lines, changes } of steps) {
    const text = lines[line - firstLine];
    if (line < firstLine + lines.length && text !== undefined) {
      return changes[elementIndexAt(text, column)];
    }
    firstLine += lines.length;
  }
  return undefined;
}

// --- internal ---

function renderStep({ commands, changes }: Step): ScriptStep {
  return { lines: commands.map(renderCommand), changes };
}

/** Which element of `add element ip t s { a, b, c }` covers a column: none of ours holds a comma. */
function elementIndexAt(line: string, column: number): number {
  return line.slice(0, column - 1).split(', ').length - 1;
}
