/**
 * Runs a program of the system's: arguments and standard input in, standard output back, and every way
 * of failing as a KernelError. No shell, a time limit, and no more output kept than the largest tables
 * have.
 */
import { execa, ExecaError } from 'execa';
import { KernelError, type KernelErrorCode } from './kernel-error.ts';

/** How to run programs. */
export interface ProgramOptions {
  /** Milliseconds after which a run is ended; nothing is applied then, or everything. */
  readonly timeoutMs: number;
  /** The error's code when there is no such program, and the package that has it. */
  readonly missing: { readonly code: KernelErrorCode; readonly packageName: string };
}

/** What one run left behind. Only a run that the program itself reported on gets this far. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program. A non-zero exit code is a result; not running, or not ending by itself, is an error. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  input?: string,
) => Promise<ProgramResult>;

/** A way to run real programs. */
export function createRunner(options: ProgramOptions): RunProgram {
  return async (program, args, input) => {
    try {
      const { stdout, stderr } = await execa(program, args, {
        input: input ?? '',
        timeout: options.timeoutMs,
        forceKillAfterDelay: KILL_DELAY_MS,
        maxBuffer: MAX_OUTPUT_BYTES,
        stripFinalNewline: false,
        // Messages are read by us: keep them in English, and time or colour out of them.
        env: { LC_ALL: 'C' },
      });
      return { exitCode: 0, stdout, stderr };
    } catch (error) {
      if (!(error instanceof ExecaError)) throw error;
      return resultOf(error as ExecaError, program, options);
    }
  };
}

// --- internal ---

/** After SIGTERM: no such program catches it, so this is for one that hangs in the kernel. */
const KILL_DELAY_MS = 2_000;
/** What a program gets for its own faults. */
const CRASH_SIGNALS = ['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE'];
/** A table with two million elements is about 200 MB of JSON. */
const MAX_OUTPUT_BYTES = 1_000_000_000;

function resultOf(
  error: ExecaError,
  program: string,
  { timeoutMs, missing }: ProgramOptions,
): ProgramResult {
  if (error.code === 'ENOENT') {
    throw new KernelError(
      missing.code,
      `there is no program ${program}: install the ${missing.packageName} package`,
      { cause: error },
    );
  }
  if (error.code === 'EACCES') {
    throw new KernelError('not-permitted', `${program} may not be run`, { cause: error });
  }
  if (error.timedOut) {
    throw new KernelError('timeout', `${program} did not end within ${timeoutMs} ms`, {
      cause: error,
    });
  }
  if (error.exitCode === undefined) {
    const reason = error.signal ?? error.code ?? 'an unknown reason';
    const code = CRASH_SIGNALS.includes(reason) ? 'crashed' : 'killed';
    throw new KernelError(code, `${program} was ended by ${reason}${quoted(error.stderr)}`, {
      cause: error,
    });
  }
  return {
    exitCode: error.exitCode,
    stdout: textOf(error.stdout),
    stderr: textOf(error.stderr),
  };
}

function textOf(output: unknown): string {
  return typeof output === 'string' ? output : '';
}

function quoted(stderr: unknown): string {
  const [line = ''] = textOf(stderr).split('\n');
  return line === '' ? '' : `: ${line}`;
}
