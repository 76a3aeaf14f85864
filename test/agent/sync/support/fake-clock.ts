/** Time that passes only when a test says so. */
import { setImmediate as turn } from 'node:timers/promises';

interface Sleeper {
  readonly wakesAt: number;
  readonly wake: () => void;
}

/** A clock in milliseconds, from 0. */
export class FakeClock {
  #now = 0;
  readonly #sleepers = new Set<Sleeper>();

  readonly now = (): number => this.#now;

  /** As `setTimeout` of timers/promises: rejects when the signal aborts. */
  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new Error('aborted'));
        return;
      }
      const sleeper = { wakesAt: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(new Error('aborted'));
      });
    });

  /** How many sleep now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Lets time pass, and everybody act when their time has come. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turn();
    for (;;) {
      const [next] = [...this.#sleepers].sort((a, b) => a.wakesAt - b.wakesAt);
      if (next === undefined || next.wakesAt > end) break;
      this.#now = next.wakesAt;
      this.#sleepers.delete(next);
      next.wake();
      await turn();
    }
    this.#now = end;
  }
}
