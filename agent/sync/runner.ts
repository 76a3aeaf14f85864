/**
 * The sync runner: decides when to sync (behaviour document, section 8.1). It promises three things:
 * requests coalesce, so that a sync takes up everything that was asked for before it started; two
 * syncs are at least the minimum interval apart, end to start; and a failed sync is tried again by
 * itself, sooner at first and then ever later.
 */

/** What the runner needs. All times in milliseconds. */
export interface RunnerOptions {
  /** Does the work; a rejection means that it has to be tried again. */
  readonly sync: () => Promise<void>;
  /** From the end of one sync to the start of the next; 0 means at once. */
  readonly minIntervalMs: number;
  /** The longest time without a sync while all goes well. */
  readonly maxIntervalMs: number;
  /** The longest time after a failed sync; the first retry comes after a second, then twice as late. */
  readonly retryIntervalMs: number;
  /** Waits; rejects when the signal aborts. `timers/promises` in life, a fake clock in tests. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Runs one sync at a time, when it is due. */
export class SyncRunner {
  readonly #options: RunnerOptions;
  #isRequested = false;
  #wake: (() => void) | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Asks for a sync. Any number of requests before it starts are one. */
  request(): void {
    this.#isRequested = true;
    this.#wake?.();
  }

  /** Runs until the signal aborts; a sync that is under way then is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    const { sync, minIntervalMs, maxIntervalMs } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      await this.#requestOrTimeout(
        failures === 0 ? maxIntervalMs : this.#backOff(failures),
        signal,
      );
      if (isAborted(signal)) return;
      this.#isRequested = false;
      try {
        await sync();
        failures = 0;
      } catch {
        // Reported by who knows what failed; here it only means "again, later".
        failures += 1;
      }
      await this.#sleep(minIntervalMs, signal);
    }
  }

  #backOff(failures: number): number {
    return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), this.#options.retryIntervalMs);
  }

  async #requestOrTimeout(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#isRequested) return;
    const timeout = new AbortController();
    const requested = new Promise<void>((resolve) => (this.#wake = resolve));
    await Promise.race([requested, this.#sleep(ms, AbortSignal.any([signal, timeout.signal]))]);
    this.#wake = undefined;
    timeout.abort();
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0) return;
    try {
      await this.#options.sleep(ms, signal);
    } catch {
      // Aborted: the caller looks at its signal.
    }
  }
}

// --- internal ---

const FIRST_RETRY_MS = 1_000;

/** A function, since TypeScript takes a property that was false for false for good. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
