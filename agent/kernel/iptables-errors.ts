/**
 * Reads what iptables and iptables-restore say when they fail, and nothing else in the project does.
 * Three forms name a line of the input: what cannot be parsed (`Error occurred at line: 3`), what the
 * kernel refused (`line 3: RULE_APPEND failed (Invalid argument): ...`, the nft variant), and what
 * was refused with the table as a whole (`line 7 failed`, the line of its COMMIT in the legacy one).
 */
import type { KernelErrorCode } from './kernel-error.ts';

/** What it reported. */
export interface IptablesComplaint {
  readonly code: KernelErrorCode;
  /** Its own words. */
  readonly message: string;
  /** Where in the input, from 1; `undefined` when it did not say. */
  readonly line: number | undefined;
}

/** The complaint in the standard error of a failed run. */
export function parseComplaint(stderr: string): IptablesComplaint {
  const place = LINES.map((pattern) => pattern.exec(stderr)?.[1]).find(
    (line) => line !== undefined,
  );
  const message = firstLine(stderr);
  const code = CODES.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'rejected';
  return { code, message, line: place === undefined ? undefined : Number(place) };
}

/**
 * The tables that iptables-save (the nft variant) had to leave out of what it printed: with rules in them
 * that only nft can write, and succeeding all the same.
 */
export function tablesLeftOut(stdout: string): string[] {
  return [...stdout.matchAll(/^# Table `(\w+)' is incompatible/gm)].map(([, table = '']) => table);
}

// --- internal ---

const LINES = [
  /^Error occurred at line: (\d+)/m,
  /^line (\d+): \w+ failed/m,
  /: line (\d+) failed/,
];

const CODES: readonly (readonly [RegExp, KernelErrorCode])[] = [
  [/holding the xtables lock/, 'locked'],
  [/must be root|Permission denied|Operation not permitted/, 'not-permitted'],
  [/Message too long|No buffer space available/, 'too-large'],
  [/No chain\/target\/match|Bad rule|No such file or directory|does not exist/, 'not-found'],
  [/File exists/, 'exists'],
  [/Device or resource busy/, 'busy'],
];

/** Warnings about the other variant's tables come first, and are none of it. */
function firstLine(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^ip6?tables\S* v[\d.]+ \(\w+\):/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('# Warning'));
  return lines[0] ?? 'iptables failed and said nothing';
}
