/** Time and file system reports that pass only when a test says so. */
import type { TriggerSeams, WatchPath } from '../../../../agent/cluster/change-trigger.ts';

interface Timer {
  readonly ms: number;
  readonly callback: () => void;
}

/** Timers that a test fires by their length, and watches that a test lets report. */
export class ManualSeams implements TriggerSeams {
  /** The folders and files that are being watched, and their listeners. */
  readonly watched = new Map<string, (name: string | undefined) => void>();
  /** Thrown by every attempt to watch. */
  watchError: Error | undefined;
  readonly #timers = new Set<Timer>();
  #onTimer: (() => void) | undefined;

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const timer = { ms, callback };
    this.#timers.add(timer);
    this.#onTimer?.();
    return () => {
      this.#timers.delete(timer);
    };
  };

  readonly watchPath: WatchPath = (path, onEvent) => {
    if (this.watchError !== undefined) throw this.watchError;
    this.watched.set(path, onEvent);
    return {
      close: () => {
        this.watched.delete(path);
      },
    };
  };

  /** The lengths of the timers that run, shortest first. */
  get pending(): number[] {
    return [...this.#timers].map(({ ms }) => ms).sort((a, b) => a - b);
  }

  /** Lets the watch of this path report that something of this name changed. */
  report(path: string, name: string | undefined): void {
    const listener = this.watched.get(path);
    if (listener === undefined) throw new Error(`${path} is not watched`);
    listener(name);
  }

  /** Lets the timer of this length run out, once there is one. */
  async fire(ms: number): Promise<void> {
    const timer = await this.#timerOf(ms);
    this.#timers.delete(timer);
    timer.callback();
  }

  /** Resolves when there is a timer of this length. */
  async started(ms: number): Promise<void> {
    await this.#timerOf(ms);
  }

  async #timerOf(ms: number): Promise<Timer> {
    for (;;) {
      const timer = [...this.#timers].find((it) => it.ms === ms);
      if (timer !== undefined) return timer;
      await new Promise<void>((resolve) => {
        this.#onTimer = resolve;
      });
    }
  }
}
