/** Says that the API server is away: once, and then ever more rarely, for as long as it lasts. */
import type { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { ApiObserver } from './observer.ts';

/** Follows which kinds can be read. */
export class OutageReporter {
  readonly #clock: Clock;
  readonly #observer: ApiObserver;
  readonly #viewAgeMsOf: (kind: string) => number;
  readonly #failing = new Set<string>();
  #since = 0;
  #sayAgainAt = 0;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(clock: Clock, observer: ApiObserver, viewAgeMsOf: (kind: string) => number) {
    this.#clock = clock;
    this.#observer = observer;
    this.#viewAgeMsOf = viewAgeMsOf;
  }

  /** This kind could not be read. */
  failed(kind: string, error: ApiError): void {
    const now = this.#clock.now();
    if (this.#failing.size === 0) {
      this.#since = now;
      this.#sayAgainAt = now;
      this.#pauseMs = FIRST_PAUSE_MS;
    }
    this.#failing.add(kind);
    if (now < this.#sayAgainAt) return;
    this.#sayAgainAt = now + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS);
    const kinds = [...this.#failing];
    const viewAgeMs = Math.max(...kinds.map(this.#viewAgeMsOf));
    this.#observer.away?.({ kinds, viewAgeMs, error });
  }

  /** This kind can be read. */
  recovered(kind: string): void {
    if (!this.#failing.delete(kind) || this.#failing.size > 0) return;
    this.#observer.back?.(this.#clock.now() - this.#since);
  }
}

// --- internal ---

const FIRST_PAUSE_MS = 60_000;
const LAST_PAUSE_MS = 3_600_000;
