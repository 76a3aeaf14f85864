/** Requests to the API server that never wait for ever, and whose failures are all ApiErrors. */
import { buffer } from 'node:stream/consumers';
import { isMapping } from '../../../rules/services/parse/mapping.ts';
import { messageOf } from '../problems.ts';
import { ApiError, errorOfStatus } from './api-error.ts';
import { retryAfterMsIn } from './back-off.ts';
import type { Clock } from './clock.ts';
import type { ApiObserver, ApiVerb } from './observer.ts';
import type { ApiBody, ApiResponse, ApiTransport, HttpMethod } from './transport.ts';

/** One request. */
export interface ApiRequest {
  readonly verb: ApiVerb;
  /** For whom it is, for metrics. */
  readonly kind: string;
  /** Path and query. */
  readonly target: string;
  /** What is sent along, when something is written. */
  readonly body?: ApiBody;
}

/** Asks the API server. */
export class ApiClient {
  readonly #transport: ApiTransport;
  readonly #clock: Clock;
  readonly #observer: ApiObserver;

  constructor(transport: ApiTransport, clock: Clock, observer: ApiObserver) {
    this.#transport = transport;
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Sends a request whose answer does not matter beyond that it was a success; rejects as `open` does. */
  async write(request: ApiRequest, signal: AbortSignal): Promise<void> {
    // Read to its end, so that the connection can be used again.
    await buffer(await this.open(request, signal));
  }

  /**
   * Sends a request and resolves with the answer's body once the server has agreed. Rejects, or
   * throws in the body's loop, with an ApiError; with anything else only when the signal aborts.
   */
  async open(request: ApiRequest, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const watchdog = new Watchdog(this.#clock, signal, () => {
      // What was idle meanwhile is most likely as dead: the next request would wait on it as long.
      this.#transport.dropIdle();
    });
    watchdog.expectByte(ANSWER_LIMIT_MS);
    try {
      const response = await this.#transport.send(
        { method: METHODS[request.verb], ...request },
        watchdog.signal,
      );
      this.#observer.answered?.(request.verb, request.kind, response.status);
      if (!IS_SUCCESS.has(response.status)) throw await refusalOf(response, this.#clock.now());
      return bodyOf(response, watchdog, request.verb === 'watch' ? WATCH_LIMIT_MS : BODY_LIMIT_MS);
    } catch (error) {
      watchdog.stop();
      if (error instanceof ApiError) {
        if (error.code === 'unauthorized') this.#transport.renew();
        throw error;
      }
      const failure = failureOf(error, watchdog.signal);
      if (!signal.aborted) this.#observer.answered?.(request.verb, request.kind, undefined);
      throw failure;
    }
  }

  close(): void {
    this.#transport.close();
  }
}

/** By which HTTP method each verb is asked. */
export const METHODS: Readonly<Record<ApiVerb, HttpMethod>> = {
  list: 'GET',
  watch: 'GET',
  get: 'GET',
  create: 'POST',
  patch: 'PATCH',
};

// --- internal ---

const IS_SUCCESS: ReadonlySet<number> = new Set([200, 201]);

/** From a request to the head of its answer, connecting included. */
const ANSWER_LIMIT_MS = 30_000;
/** Between two pieces of a list or an object. */
const BODY_LIMIT_MS = 30_000;
/**
 * Between two pieces of a watch. A quiet one still carries a bookmark about every minute: when there
 * is none, the connection is most likely dead without anybody having closed it.
 */
const WATCH_LIMIT_MS = 90_000;

/** A refusal's body holds a Status object of a few hundred bytes. */
const MAX_STATUS_BYTES = 64 * 1024;

/** Aborts a request when the server stays silent for too long. */
class Watchdog {
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #onSilence: () => void;
  readonly #controller = new AbortController();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, parent: AbortSignal, onSilence: () => void) {
    this.#clock = clock;
    this.#onSilence = onSilence;
    this.signal = AbortSignal.any([parent, this.#controller.signal]);
  }

  /** The next byte has to come within this time. */
  expectByte(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(ms, () => {
      this.#onSilence();
      const message = `the API server was silent for ${ms / 1000} s`;
      this.#controller.abort(new ApiError('silent', message));
    });
  }

  stop(): void {
    this.#cancel?.();
  }
}

async function* bodyOf(
  { body }: ApiResponse,
  watchdog: Watchdog,
  limitMs: number,
): AsyncGenerator<Buffer> {
  watchdog.expectByte(limitMs);
  try {
    for await (const chunk of body) {
      watchdog.expectByte(limitMs);
      yield chunk;
    }
  } catch (error) {
    throw failureOf(error, watchdog.signal);
  } finally {
    watchdog.stop();
  }
}

/** The server's own words, where it has any. */
async function refusalOf(
  { status, retryAfter, body }: ApiResponse,
  now: number,
): Promise<ApiError> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_STATUS_BYTES) break;
  }
  const message = messageIn(Buffer.concat(chunks).toString('utf8'));
  return errorOfStatus(status, message, retryAfterMsIn(retryAfter, now));
}

function messageIn(text: string): string {
  try {
    const status: unknown = JSON.parse(text);
    return isMapping(status) && typeof status.message === 'string' ? status.message : '';
  } catch {
    // A proxy's page of HTML: the status says enough.
    return '';
  }
}

/** An aborted request fails in the words of Node's streams: the reason is with the signal. */
function failureOf(error: unknown, signal: AbortSignal): Error {
  if (signal.aborted && signal.reason instanceof Error) return signal.reason;
  if (error instanceof ApiError) return error;
  return new ApiError('unreachable', messageOf(error), { cause: error });
}
