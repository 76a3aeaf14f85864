/**
 * What a suite leaves in the file that SWITCHYARD_TEST_COUNTS names: its reporter writes it after the
 * last test, and whoever started the suite reads it.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** How many tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Writes, if somebody asked for it, and tells whether. */
export function writeCounts(counts: Counts): boolean {
  const file = process.env.SWITCHYARD_TEST_COUNTS;
  if (file === undefined) return false;
  writeFileSync(file, JSON.stringify(counts));
  return true;
}

/** Reads; `undefined` as long as there is nothing. */
export function readCounts(file: string): Counts | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch {
    return undefined; // Not written yet, or not to its end.
  }
}
