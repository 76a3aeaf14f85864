/** Time that passes only when a test says so, and no chance at all. */
import type { Clock } from '../../../../../agent/cluster/api/clock.ts';

interface Timer {
  readonly ms: number;
  readonly callback: () => void;
}

/** A clock whose timers a test fires by their length. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<Timer>();
  #onTimer: (() => void) | undefined;

  readonly now = (): number => this.#now;

  readonly random = (): number => 0;

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const timer = { ms, callback };
    this.#timers.add(timer);
    this.#onTimer?.();
    return () => {
      this.#timers.delete(timer);
    };
  };

  /** The lengths of the timers that run, shortest first. */
  get pending(): number[] {
    return [...this.#timers].map(({ ms }) => ms).sort((a, b) => a - b);
  }

  /** Lets time pass without any timer running out. */
  advance(ms: number): void {
    this.#now += ms;
  }

  /** Lets a timer of this length run out, once there is one. */
  async fire(ms: number): Promise<void> {
    for (;;) {
      const timer = [...this.#timers].find((it) => it.ms === ms);
      if (timer !== undefined) {
        this.#timers.delete(timer);
        this.#now += ms;
        timer.callback();
        return;
      }
      await new Promise<void>((resolve) => {
        this.#onTimer = resolve;
      });
    }
  }
}
