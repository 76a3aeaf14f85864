/**
 * What a suite leaves in the file that SWITCHYARD_TEST_COUNTS names: its reporter writes it, twice, and
 * whoever started the suite reads it.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** How many tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** How a suite ended. */
export interface Outcome extends Counts {
  /** There once everything that the tests had opened is closed, and Node begins to end. */
  readonly exitCode?: number;
}

/** Where to; `undefined` when nobody asked for it. */
export function outcomeFile(): string | undefined {
  return process.env.SWITCHYARD_TEST_COUNTS;
}

/** Writes, if somebody asked for it. */
export function writeOutcome(outcome: Outcome): void {
  const file = outcomeFile();
  if (file !== undefined) writeFileSync(file, JSON.stringify(outcome));
}

/** Reads; `undefined` as long as there is nothing. */
export function readOutcome(file: string): Outcome | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Outcome;
  } catch {
    return undefined; // Not written yet, or not to its end.
  }
}
