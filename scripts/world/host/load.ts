import { setTimeout as wait } from 'node:timers/promises';
import { connect } from './connect.ts';
import type { ConnectResult, LoadFailure, LoadReport, LoadRequest } from './protocol.ts';

/** Enough to see what went wrong, not so many that they drown it. */
const FAILURES_KEPT = 20;

/** Workers that open one connection after another until they are stopped, and count what becomes of them. */
export class Load {
  readonly #request: LoadRequest;
  readonly #stopping = new AbortController();
  readonly #answeredBy: Record<string, number> = {};
  readonly #firstFailures: LoadFailure[] = [];
  #answered = 0;
  #failed = 0;
  #startedAtMs = 0;
  #workers: Promise<unknown> = Promise.resolve();

  constructor(request: LoadRequest) {
    this.#request = request;
  }

  /** Starts the workers. */
  start(): void {
    this.#startedAtMs = Date.now();
    const workers = Array.from({ length: this.#request.concurrency }, () => this.#work());
    this.#workers = Promise.all(workers);
  }

  /** What became of the connections that have ended. */
  report(): LoadReport {
    return {
      answered: this.#answered,
      failed: this.#failed,
      answeredBy: { ...this.#answeredBy },
      firstFailures: [...this.#firstFailures],
    };
  }

  /** Lets the connections under way end, starts no more, and reports. */
  async stop(): Promise<LoadReport> {
    this.#stopping.abort();
    await this.#workers;
    return this.report();
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#count(await connect(this.#request));
      // The only rejection is the abort, and the loop's condition is what looks at that.
      await wait(this.#request.intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #count(result: ConnectResult): void {
    if (result.outcome === 'answered') {
      this.#answered += 1;
      this.#answeredBy[result.by] = (this.#answeredBy[result.by] ?? 0) + 1;
      return;
    }
    this.#failed += 1;
    if (this.#firstFailures.length < FAILURES_KEPT) {
      this.#firstFailures.push({ afterMs: Date.now() - this.#startedAtMs, result });
    }
  }
}
