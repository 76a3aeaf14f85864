/**
 * Keeps a sink's picture of one kind as the API server has it: lists once, then watches from there, and
 * lists again only when the server no longer knows what happened in between.
 */
import { describeObject } from '../../../rules/services/parse/object-ref.ts';
import type { ClusterSink, Freshness } from '../source.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError, isBrokenOff } from './api-error.ts';
import { backOffMs } from './back-off.ts';
import { sleep, type Clock } from './clock.ts';
import { listTarget, objectTarget, type ApiKind, type ApiPlace } from './kinds.ts';
import { LineSplitter } from './line-splitter.ts';
import { ObjectStore } from './object-store.ts';
import type { ApiObserver } from './observer.ts';
import type { OutageReporter } from './outage-reporter.ts';
import { readObject, readPage } from './read-body.ts';
import { isOlder, versionOf } from './resource-version.ts';
import { guessObject, parseWatchEvent } from './watch-event.ts';

/** What a reflector needs. */
export interface ReflectorOptions {
  readonly kind: ApiKind;
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly sink: ClusterSink;
  readonly observer: ApiObserver;
  readonly outages: OutageReporter;
}

/** Follows one kind. */
export class Reflector {
  /** Resolves when the kind was listed once, or when it is known that the agent has to do without. */
  readonly synced: Promise<void>;
  readonly #options: ReflectorOptions;
  readonly #store: ObjectStore;
  readonly #markSynced: () => void;
  /** Which of the kind's places this server has. */
  #placeIndex = 0;
  /** Where the next watch begins; `undefined` when a list has to come first. */
  #version: string | undefined;
  /** What the first page of the next list is asked for with. */
  #listQuery: Query = FROM_CACHE;
  #failures = 0;
  #isSynced = false;
  #isAbsent = false;
  #confirmedAt: number;
  #changedAt: number | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#store = new ObjectStore(options.kind, options.sink);
    this.#confirmedAt = options.clock.now();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.synced = promise;
    this.#markSynced = () => {
      this.#isSynced = true;
      resolve(undefined);
    };
  }

  /** Runs until the signal aborts; after that the sink is left alone. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#listAndWatch(signal);
      await sleep(this.#options.clock, waitMs, signal);
    }
  }

  /** How fresh the picture is; `undefined` while there is no such kind. */
  freshness(): Freshness | undefined {
    if (this.#isAbsent) return undefined;
    const now = this.#options.clock.now();
    return {
      kind: this.#options.kind.kind,
      isSynced: this.#isSynced,
      viewAgeMs: now - this.#confirmedAt,
      lastEventAgeMs: this.#changedAt === undefined ? undefined : now - this.#changedAt,
    };
  }

  /** A list if there has to be one, and a watch to its end; answers how long to wait after that. */
  async #listAndWatch(signal: AbortSignal): Promise<number> {
    try {
      this.#version ??= await this.#list(signal);
      await this.#watch(this.#version, signal);
      return 0;
    } catch (error) {
      if (signal.aborted) return 0;
      if (!(error instanceof ApiError)) throw error;
      this.#flush();
      return this.#recoverFrom(error);
    }
  }

  /** Answers the version that a watch goes on from. */
  async #list(signal: AbortSignal): Promise<string> {
    const keys = new Set<string>();
    let query: Query = this.#listQuery;
    for (;;) {
      // Pages are kept for a few minutes only: if one is gone, the next try does not ask for pages.
      if ('continue' in query) this.#listQuery = WHOLE;
      const body = await this.#open('list', listTarget(this.#place, query), signal);
      const { version, next } = await readPage(body, (raw) => {
        signal.throwIfAborted();
        keys.add(this.#store.upsert(raw, 'read'));
      });
      if (next === '') {
        this.#listed(keys);
        return version;
      }
      query = { ...PAGED, continue: next };
    }
  }

  #listed(keys: ReadonlySet<string>): void {
    this.#listQuery = PAGED;
    this.#isAbsent = false;
    this.#confirm();
    this.#store.keepOnly(keys);
    this.#flush();
    this.#markSynced();
  }

  /** Follows events until the watch ends. Throws an ApiError if that is not a usual end. */
  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const { clock, outages, kind } = this.#options;
    const target = listTarget(this.#place, {
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: version,
      timeoutSeconds: String(watchSeconds(clock)),
    });
    const body = await this.#open('watch', target, signal);
    const openedAt = clock.now();
    this.#confirm();
    outages.recovered(kind.kind);
    try {
      await this.#follow(body, signal);
      if (this.#hasLasted(openedAt)) return;
    } catch (error) {
      // A connection that was fine until now is opened again at once, however it ended.
      if (this.#hasLasted(openedAt) && isBrokenOff(error)) return;
      throw error;
    }
    throw new ApiError('unreachable', 'the API server ended a watch as soon as it was open');
  }

  async #follow(body: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
    const lines = new LineSplitter();
    for await (const chunk of body) {
      signal.throwIfAborted();
      for (const line of lines.write(chunk)) await this.#take(line, signal);
      this.#confirm();
      this.#flush();
    }
  }

  async #take(line: string, signal: AbortSignal): Promise<void> {
    try {
      this.#advance(this.#apply(line));
    } catch (error) {
      const object = guessObject(line, this.#options.kind.isNamespaced);
      const isUnreadable = error instanceof ApiError && error.code === 'malformed';
      if (!isUnreadable || object === undefined) throw error;
      await this.#readAgain(object, error, signal);
    }
  }

  /** Takes an event, and answers its version. */
  #apply(line: string): string {
    const event = parseWatchEvent(line);
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        this.#store.upsert(event.object, 'event');
        return versionOf(event.object);
      case 'DELETED':
        this.#store.delete(event.object);
        return versionOf(event.object);
      case 'BOOKMARK':
        return event.version;
    }
  }

  #advance(version: string): void {
    // An event that comes late must not take the next watch back.
    if (this.#version === undefined || !isOlder(version, this.#version)) this.#version = version;
  }

  /** An event about this object could not be read: asks for the object itself. */
  async #readAgain(
    { namespace, name }: { readonly namespace: string; readonly name: string },
    { message }: ApiError,
    signal: AbortSignal,
  ): Promise<void> {
    const { sink, kind } = this.#options;
    const object = describeObject({ kind: kind.kind, namespace, name });
    const problem = `${message}: the object was asked for instead`;
    sink.problem({ object, field: '', message: problem, file: 'API server', line: undefined });
    try {
      const body = await this.#open('get', objectTarget(this.#place, namespace, name), signal);
      const raw = await readObject(body);
      signal.throwIfAborted();
      this.#store.upsert(raw, 'read');
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'unsupported')) throw error;
      this.#store.deleteNamed(namespace, name);
    }
  }

  /** Decides what comes after a failure, and answers how long to wait before that. */
  #recoverFrom(error: ApiError): number {
    const { kind, clock, outages } = this.#options;
    const isListDue = this.#version === undefined;
    if (STARTS_OVER.has(error.code)) this.#version = undefined;
    if (isListDue && error.code === 'unsupported') {
      this.#placeIndex = (this.#placeIndex + 1) % kind.places.length;
      if (this.#placeIndex > 0) return 0;
    }
    if (isListDue && kind.isOptional && IS_ABSENCE.has(error.code)) return this.#goWithout(error);

    this.#failures += 1;
    // The first time there is something better to do than to wait: list, or show new credentials.
    if (this.#failures === 1 && IS_CURED_BY_RETRY.has(error.code)) return 0;
    outages.failed(kind.kind, error);
    return backOffMs(this.#failures, error.retryAfterMs, () => clock.random());
  }

  #goWithout(error: ApiError): number {
    const { kind, observer, clock, outages } = this.#options;
    if (!this.#isAbsent) observer.absent?.(kind.kind, error);
    this.#isAbsent = true;
    this.#failures = 0;
    this.#store.keepOnly(new Set());
    this.#flush();
    this.#markSynced();
    outages.recovered(kind.kind);
    return ABSENT_MS * (1 + clock.random());
  }

  async #open(
    verb: 'list' | 'watch' | 'get',
    target: string,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer>> {
    const { client, kind } = this.#options;
    return await client.open({ verb, kind: kind.kind, target }, signal);
  }

  /** Whether a watch stayed open for so long that all is well. */
  #hasLasted(openedAt: number): boolean {
    const hasLasted = this.#options.clock.now() - openedAt >= SHORT_WATCH_MS;
    if (hasLasted) this.#failures = 0;
    return hasLasted;
  }

  #confirm(): void {
    this.#confirmedAt = this.#options.clock.now();
  }

  #flush(): void {
    if (this.#store.flush()) this.#changedAt = this.#options.clock.now();
  }

  get #place(): ApiPlace {
    const { places } = this.#options.kind;
    return places[this.#placeIndex] ?? places[0];
  }
}

// --- internal ---

type Query = Readonly<Record<string, string>>;

/** The first list may be a little old: the watch brings the rest, and it costs the server little. */
const FROM_CACHE = { limit: '500', resourceVersion: '0' };
/** Later ones are the newest there is: the server's cache may be what has lost track. */
const PAGED = { limit: '500' };
/** All in one piece. */
const WHOLE = {};

/** A watch that ends sooner is a failure: opened again at once, it would end again at once. */
const SHORT_WATCH_MS = 1_000;
/** How long until an absent kind is looked for again, at least. */
const ABSENT_MS = 600_000;

type Codes = ReadonlySet<ApiError['code']>;

/** After these a list has to come first. */
const STARTS_OVER: Codes = new Set(['gone', 'malformed', 'unsupported']);
const IS_CURED_BY_RETRY: Codes = new Set(['gone', 'unauthorized']);
/** A role made for an older kube-proxy does not name ServiceCIDRs. */
const IS_ABSENCE: Codes = new Set(['unsupported', 'forbidden']);

/** Five to ten minutes: thousands of nodes must not come back at the same time. */
function watchSeconds(clock: Clock): number {
  return 300 + Math.floor(clock.random() * 300);
}
