/**
 * Sees to it that a suite ends. A suite that hangs would otherwise take CI's whole time, and say
 * nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readOutcome } from './outcome.ts';

/** How long things may take, in milliseconds. */
export interface EndingLimits {
  /** From its start to the result of its last test. */
  readonly suite: number;
  /** From there to its exit: what is open by then was left open. */
  readonly closing: number;
  /** From its exit to its end, when there is nothing left to do. */
  readonly exit: number;
}

/** Of the test command. The longest suite takes ten minutes on two cores. */
export const ENDING_LIMITS: EndingLimits = { suite: 2_400_000, closing: 60_000, exit: 20_000 };

/** What to watch. */
export interface Watched {
  /** Where the suite writes its outcome. */
  readonly file: string;
  /** Runs the suite, ends it when told to, and resolves to its exit code. */
  readonly start: (signal: AbortSignal) => Promise<number>;
  /** Told why a suite is ended. */
  readonly say: (text: string) => void;
  readonly limits: EndingLimits;
}

/**
 * Runs a suite and resolves to its exit code. One that is too slow or does not close what it opened is
 * ended, with exit code 1. One whose Node does not end after its exit is ended too, and keeps its
 * exit code: that is no fault of the tests (see `settleCompiler`).
 */
export async function runToItsEnd({ file, start, say, limits }: Watched): Promise<number> {
  const stopping = new AbortController();
  const ended = new AbortController();
  const running = start(stopping.signal).finally(() => {
    ended.abort();
  });
  const reachedWithin = async (limit: number, isReached: () => boolean): Promise<boolean> => {
    const deadline = performance.now() + limit;
    while (!ended.signal.aborted && !isReached()) {
      if (performance.now() > deadline) return false;
      await sleep(POLL_MS);
    }
    return true;
  };
  const stop = async (why: string): Promise<void> => {
    say(why);
    stopping.abort();
    await running;
  };

  if (!(await reachedWithin(limits.suite, () => readOutcome(file) !== undefined))) {
    await stop(`the suite has no result after ${limits.suite / 1000} s`);
    return 1;
  }
  if (!(await reachedWithin(limits.closing, () => readOutcome(file)?.exitCode !== undefined))) {
    await stop(`something that the tests opened is still open ${limits.closing / 1000} s later`);
    return 1;
  }
  if (!(await reachedWithin(limits.exit, () => false))) {
    await stop(`Node did not end within ${limits.exit / 1000} s after its exit, and was ended`);
    return readOutcome(file)?.exitCode ?? 1;
  }
  return await running;
}

// --- internal ---

const POLL_MS = 200;
