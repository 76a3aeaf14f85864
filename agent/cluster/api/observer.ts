/** What an API source tells people and metrics as it goes. */
import type { ApiError } from './api-error.ts';

/** What a request asks for. */
export type ApiVerb = 'list' | 'watch' | 'get' | 'create' | 'patch';

/** Told of requests and of outages. Nothing of it has to be listened to. */
export interface ApiObserver {
  /** A request was answered with this HTTP status, or failed without an answer. */
  answered?(verb: ApiVerb, kind: string, status: number | undefined): void;
  /** The API server cannot be read: said at once, and then ever more rarely while it lasts. */
  away?(outage: Outage): void;
  /** It can be read again, after this many milliseconds. */
  back?(lastedMs: number): void;
  /** The server has no such kind, or we may not read it; the agent goes on without. */
  absent?(kind: string, error: ApiError): void;
}

/** The API server is away. */
export interface Outage {
  /** The kinds that cannot be read. */
  readonly kinds: readonly string[];
  /** How old the picture of the oldest of them is, in milliseconds. */
  readonly viewAgeMs: number;
  /** What failed last. */
  readonly error: ApiError;
}
