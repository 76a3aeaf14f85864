/**
 * Writes events to the API server, beside the agent's work and never in its way: few at a time, one
 * Event object for what happens again and again, and none at all when that cannot be done.
 */
import type { ApiClient } from '../cluster/api/api-client.ts';
import { ApiError, type ApiErrorCode } from '../cluster/api/api-error.ts';
import { backOffMs } from '../cluster/api/back-off.ts';
import { sleep, type Clock } from '../cluster/api/clock.ts';
import { messageOf } from '../cluster/problems.ts';
import type { Logger } from '../log.ts';
import type { AgentEvent, EventSink } from './event.ts';
import { createRequest, eventName, repeatRequest, type EventSeries } from './event-requests.ts';

/** What a recorder needs. */
export interface EventRecorderOptions {
  readonly client: Pick<ApiClient, 'write'>;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** An Event object was written, or an event is lost. */
  readonly counted: (result: EventResult) => void;
}

/** What became of an event. */
export type EventResult = 'written' | 'dropped';

/** Takes events from its making on, and writes them from its start to its stop. */
export class EventRecorder implements EventSink {
  readonly #options: EventRecorderOptions;
  readonly #series = new Map<string, Series>();
  /** Nothing is waited for any more. */
  readonly #stopping = new AbortController();
  /** Nothing is written any more. */
  readonly #stopped = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(event: AgentEvent): void {
    const now = this.#options.clock.now();
    const key = keyOf(event);
    const known = this.#series.get(key);
    if (known !== undefined && now - known.lastAtMs < SERIES_LIFE_MS) {
      known.count += 1;
      known.lastAtMs = now;
    } else if (this.#hasRoom(now)) {
      this.#series.set(key, this.#begin(event, now));
    } else {
      this.#options.counted('dropped');
    }
    this.#wake.abort();
  }

  start(): void {
    this.#running = this.#run(this.#stopped.signal).catch((error: unknown) => {
      // A bug of ours: the agent's work is worth more than its events.
      this.#options.log.error({ error: messageOf(error) }, 'no more events are written');
    });
  }

  /** Writes what is due, but not for longer than a second. May be called again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const cancel = this.#options.clock.after(STOP_LIMIT_MS, () => {
      this.#stopped.abort();
    });
    await this.#running;
    cancel();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const series = this.#nextDue();
      if (series !== undefined) {
        await this.#write(series, signal);
        await sleep(this.#options.clock, WRITE_INTERVAL_MS, this.#stopping.signal);
      } else if (isAborted(this.#stopping.signal)) {
        return;
      } else {
        await this.#untilDue();
      }
    }
  }

  #nextDue(): Series | undefined {
    const now = this.#options.clock.now();
    return this.#unwritten().find(({ dueAtMs }) => dueAtMs <= now);
  }

  async #untilDue(): Promise<void> {
    const { clock } = this.#options;
    const dueAtMs = Math.min(...this.#unwritten().map((series) => series.dueAtMs));
    const waitMs = Math.min(dueAtMs - clock.now(), REPEAT_INTERVAL_MS);
    this.#wake = new AbortController();
    await sleep(clock, waitMs, AbortSignal.any([this.#stopping.signal, this.#wake.signal]));
  }

  #unwritten(): Series[] {
    return [...this.#series.values()].filter(({ count, writtenCount }) => count > writtenCount);
  }

  async #write(series: Series, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (let failures = 1; !isAborted(signal); failures += 1) {
      const error = await this.#attempt(series, signal);
      if (error === undefined) return;
      if (!IS_PASSING.has(error.code) || failures === MAX_ATTEMPTS) {
        this.#drop(series, error);
        return;
      }
      await sleep(
        clock,
        backOffMs(failures, error.retryAfterMs, () => clock.random()),
        signal,
      );
    }
  }

  /** Answers why it failed, if it did. */
  async #attempt(series: Series, signal: AbortSignal): Promise<ApiError | undefined> {
    const { client, nodeName, clock, counted } = this.#options;
    const { count } = series;
    const isNew = series.writtenCount === 0;
    try {
      await client.write(isNew ? createRequest(series, nodeName) : repeatRequest(series), signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof ApiError)) throw error;
      // By an attempt whose answer was lost.
      const isThere = isNew && error.code === 'exists';
      if (!isThere) return error;
    }
    series.writtenCount = count;
    series.dueAtMs = clock.now() + REPEAT_INTERVAL_MS;
    counted('written');
    return undefined;
  }

  #drop(series: Series, error: ApiError): void {
    const { log, counted } = this.#options;
    const { regarding, reason } = series.event;
    this.#series.delete(keyOf(series.event));
    counted('dropped');
    const object = [regarding.kind, regarding.name].join(' ');
    log.warn({ reason, object, error: error.message }, 'an event could not be written');
  }

  /** Forgets what has not happened for a while, if it has to. */
  #hasRoom(now: number): boolean {
    for (const [key, { lastAtMs, count, writtenCount }] of this.#series) {
      const isOver = count === writtenCount && now - lastAtMs >= SERIES_LIFE_MS;
      if (isOver) this.#series.delete(key);
    }
    return this.#series.size < MAX_SERIES;
  }

  #begin(event: AgentEvent, now: number): Series {
    const jitter = Math.floor(this.#options.clock.random() * 1e6);
    const name = eventName(event, BigInt(now) * 1_000_000n + BigInt(jitter));
    const times = { firstAtMs: now, lastAtMs: now, dueAtMs: now };
    return { event, name, ...times, count: 1, writtenCount: 0 };
  }
}

// --- internal ---

/** A series as it grows. */
interface Series extends EventSeries {
  lastAtMs: number;
  count: number;
  /** What the API server has heard of. */
  writtenCount: number;
  /** When the next writing may be, in ms since the epoch. */
  dueAtMs: number;
}

/** What is remembered at most, the unwritten included. */
const MAX_SERIES = 100;
/** Between two requests, and between two for one series. */
const WRITE_INTERVAL_MS = 1_000;
const REPEAT_INTERVAL_MS = 60_000;
/** What happens again after this long is another series: the time that client-go takes too. */
const SERIES_LIFE_MS = 6 * 60_000;
const MAX_ATTEMPTS = 5;
const STOP_LIMIT_MS = 1_000;

/** May be well the next time. */
const IS_PASSING: ReadonlySet<ApiErrorCode> = new Set([
  'unreachable',
  'silent',
  'unauthorized',
  'failed',
]);

/** Same reason and same object, whatever the note says. */
function keyOf({ regarding, type, reason, action }: AgentEvent): string {
  const { kind, namespace, name } = regarding;
  return [kind, namespace, name, type, reason, action].join('/');
}

/** A function, since TypeScript does not expect the signal to change during a wait. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
