/** What is wrong with the input, and where. */
import type { Problem } from '../../rules/services/types.ts';

/** A problem and the place that a person has to edit. */
export interface LocatedProblem extends Problem {
  /** The file as the user named it, or `stdin`. */
  readonly file: string;
  /** From 1; `undefined` when it is the file as a whole, or large JSON, which is read without positions. */
  readonly line: number | undefined;
}

/** A problem of a file as a whole, or of a place in it that belongs to no object. */
export function fileProblem(
  file: string,
  line: number | undefined,
  message: string,
): LocatedProblem {
  return { object: '', field: '', message, file, line };
}

/**
 * One line for people: `web.yaml:14: Service default/web: spec.ports[0].port: expected ...`.
 * Control characters are escaped: file names and library messages come from outside.
 */
export function formatProblem(problem: LocatedProblem): string {
  const { file, line, object, field, message } = problem;
  const place = line === undefined ? file : `${file}:${line}`;
  const parts = [place, object, field, message].filter((part) => part !== '');
  return parts.join(': ').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, escapeCharacter);
}

/** There is nothing to read manifests from: the user named a path that does not exist or is not readable. */
export class ManifestPathError extends Error {
  override readonly name = 'ManifestPathError';
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// --- internal ---

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
