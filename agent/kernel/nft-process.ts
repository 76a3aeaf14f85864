/**
 * Runs the nft program: arguments and standard input in, standard output back, and every way of
 * failing as a KernelError. No shell, a time limit, and no more output kept than a table can have.
 */
import { execa, ExecaError } from 'execa';
import { KernelError } from './kernel-error.ts';

/** How to run nft. */
export interface NftOptions {
  /** Path or name of the program. */
  readonly program: string;
  /** Milliseconds after which a run is ended; nothing is applied then, or everything. */
  readonly timeoutMs: number;
}

/** The nft on PATH, with time for the largest clusters on slow machines. */
export const NFT_DEFAULTS: NftOptions = { program: 'nft', timeoutMs: 120_000 };

/** What one run left behind. Only a run that nft itself reported on gets this far. */
export interface NftResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs nft. A non-zero exit code is a result; not running, or not ending by itself, is an error. */
export type RunNft = (args: readonly string[], input?: string) => Promise<NftResult>;

/** A way to run the real nft. */
export function createNft(options: NftOptions): RunNft {
  return async (args, input) => {
    try {
      const { stdout, stderr } = await execa(options.program, args, {
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
      return resultOf(error as ExecaError, options);
    }
  };
}

// --- internal ---

/** After SIGTERM: nft does not catch it, so this is for one that hangs in the kernel. */
const KILL_DELAY_MS = 2_000;
/** What a program gets for its own faults. */
const CRASH_SIGNALS = ['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE'];
/** A table with two million elements is about 200 MB of JSON. */
const MAX_OUTPUT_BYTES = 1_000_000_000;

function resultOf(error: ExecaError, { program, timeoutMs }: NftOptions): NftResult {
  if (error.code === 'ENOENT') {
    throw new KernelError(
      'nft-missing',
      `there is no program ${program}: install the nftables package`,
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
