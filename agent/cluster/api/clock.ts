/** Time and chance, as far as the API source needs them: injected, so that tests never wait. */

/** Where time and chance come from. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs something once, that many milliseconds from now; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** From 0 up to but not including 1. */
  random(): number;
}

/** The machine's own. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
  random: () => Math.random(),
};

/** Waits. Resolves early when the signal aborts: the caller looks at its signal. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener('abort', done);
  });
}
