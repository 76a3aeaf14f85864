/**
 * How the program ends: 2 for wrong use or input, 1 for an operation that failed, 70 for a bug of
 * ours (with its stack, since somebody has to find it).
 */
import { CommanderError } from 'commander';
import { OwnNodeError } from '../cluster/own-node.ts';
import { ManifestPathError } from '../cluster/problems.ts';
import { ConfigError } from '../config/config-error.ts';
import { ListenError } from '../http/server.ts';
import { adviseOn, KernelError } from '../kernel/kernel-error.ts';

/** Ends the program with a code and, if it is not empty, one line on standard error. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: number;

  constructor(exitCode: number, message = '', cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** The exit code that an error stands for. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ExitError) return error.exitCode;
  // Help and version end the program by an "error" whose code is 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (isInputError(error)) return EXIT_USAGE;
  return isFailure(error) ? EXIT_FAILED : EXIT_BUG;
}

/** What to tell the person who started the program; empty when it was said already. */
export function explain(error: unknown): string {
  if (error instanceof CommanderError) return '';
  if (error instanceof ExitError) return error.message === '' ? '' : `switchyard: ${error.message}`;
  if (error instanceof KernelError) return `switchyard: ${adviseOn(error)}`;
  if (isFailure(error) || isInputError(error)) return `switchyard: ${error.message}`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `switchyard: this is a bug, please report it\n${stack}`;
}

/** An operation failed. */
export const EXIT_FAILED = 1;
/** Wrong use or input. */
export const EXIT_USAGE = 2;

// --- internal ---

const EXIT_BUG = 70;

function isInputError(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof ManifestPathError;
}

function isFailure(error: unknown): error is Error {
  return (
    error instanceof KernelError || error instanceof ListenError || error instanceof OwnNodeError
  );
}
