/**
 * Sees to it that a suite ends. One that hangs would otherwise take CI's whole time, and say nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readCounts } from './counts.ts';

/** How long a suite may take, in milliseconds. */
export interface EndingLimits {
  /** From its start to the result of its last test. */
  readonly suite: number;
  /** From there to the end of its process. */
  readonly closing: number;
}

/** Of the test command. The longest suite takes ten minutes on two cores. */
export const ENDING_LIMITS: EndingLimits = { suite: 2_400_000, closing: 60_000 };

/** What to watch. */
export interface Watched {
  /** Where the suite writes its counts. */
  readonly file: string;
  /** Runs the suite, ends it when told to, and resolves to its exit code. */
  readonly start: (signal: AbortSignal) => Promise<number>;
  /** Told why a suite is ended. */
  readonly say: (text: string) => void;
  readonly limits: EndingLimits;
}

/**
 * Runs a suite and resolves to its exit code: 1 for one that has to be ended. What keeps a process
 * alive after its last test is named by its reporter; but Node also stays where it lost a socket, and
 * then after its exit, when nobody in there can tell.
 */
export async function runToItsEnd({ file, start, say, limits }: Watched): Promise<number> {
  const stopping = new AbortController();
  let exitCode: number | undefined;
  const running = start(stopping.signal).then((code) => (exitCode = code));
  const reachedWithin = async (limit: number, isReached: () => boolean): Promise<boolean> => {
    const deadline = performance.now() + limit;
    while (exitCode === undefined && !isReached()) {
      if (performance.now() > deadline) return false;
      await Promise.race([running, sleep(POLL_MS)]);
    }
    return true;
  };
  const stop = async (why: string): Promise<number> => {
    say(why);
    stopping.abort();
    await running;
    return 1;
  };

  if (!(await reachedWithin(limits.suite, () => readCounts(file) !== undefined))) {
    return await stop(`no result after ${limits.suite / 1000} s`);
  }
  if (!(await reachedWithin(limits.closing, () => false))) {
    return await stop(`the process is still there ${limits.closing / 1000} s after the last test`);
  }
  return await running;
}

// --- internal ---

const POLL_MS = 500;
