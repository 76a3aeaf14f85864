/**
 * Reads what nft says when it fails, and nothing else in the project does. nft prints one block an
 * error, `/dev/stdin:12:40-61: Error: Could not process rule: File exists`, with the place in its
 * input where the fault is; the errno's text is the C library's, in English under LC_ALL=C.
 */
import type { KernelErrorCode } from './kernel-error.ts';

/** One error that nft reported. */
export interface NftComplaint {
  readonly code: KernelErrorCode;
  /** nft's own words. */
  readonly message: string;
  /** Where in the input: from 1; `undefined` when nft did not say. */
  readonly line: number | undefined;
  /** The first column of the fault, from 1. */
  readonly column: number | undefined;
}

/** The first error in nft's standard error; later ones usually follow from it. */
export function parseComplaint(stderr: string): NftComplaint {
  const located = /^[^\n:]*:(\d+):(\d+)-\d+: Error: ([^\n]*)/m.exec(stderr);
  const message = located?.[3] ?? firstLine(stderr);
  return {
    code: codeOf(message),
    message,
    line: located === null ? undefined : Number(located[1]),
    column: located === null ? undefined : Number(located[2]),
  };
}

// --- internal ---

/** In this order: "must be root" comes with and without the errno's text. */
const CODES: readonly (readonly [RegExp, KernelErrorCode])[] = [
  [/Operation not permitted|must be root|Permission denied/, 'not-permitted'],
  [/Message too long|No buffer space available/, 'too-large'],
  [/No such file or directory|does not exist/, 'not-found'],
  [/File exists/, 'exists'],
  [/Device or resource busy/, 'busy'],
];

function codeOf(message: string): KernelErrorCode {
  return CODES.find(([pattern]) => pattern.test(message))?.[1] ?? 'rejected';
}

function firstLine(stderr: string): string {
  return (
    stderr
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '') ?? 'nft failed and said nothing'
  );
}
