/**
 * Deadlines of many short waits with few different durations. Those of one duration end in the order
 * in which they began, so a queue for each and one coarse timer for all of them are enough; a timer
 * for each connection would cost more than the wait.
 */

/** Somebody who waits. */
export interface Waiter {
  /** It took too long. */
  timedOut(): void;
}

/** Who waits, and until when. */
export class Deadlines {
  readonly #queues = new Map<number, Map<Waiter, number>>();
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** `now` answers milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The waiter is told when it was not deleted within this time, or a little more. */
  add(waiter: Waiter, durationMs: number): void {
    let queue = this.#queues.get(durationMs);
    if (queue === undefined) this.#queues.set(durationMs, (queue = new Map<Waiter, number>()));
    queue.set(waiter, this.#now() + durationMs);
    this.#timer ??= setInterval(() => {
      this.#tick();
    }, PRECISION_MS);
  }

  /** It does not wait any more. */
  delete(waiter: Waiter, durationMs: number): void {
    this.#queues.get(durationMs)?.delete(waiter);
  }

  #tick(): void {
    const now = this.#now();
    for (const queue of this.#queues.values()) {
      for (const [waiter, deadline] of queue) {
        if (deadline > now) break;
        queue.delete(waiter);
        waiter.timedOut();
      }
    }
    // Only now: whoever was told may wait again, in any of them.
    for (const { size } of this.#queues.values()) if (size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

// --- internal ---

const PRECISION_MS = 25;
