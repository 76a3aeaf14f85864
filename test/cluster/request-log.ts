/** The requests that a test API server got, to count them and to wait for them. */
import type { Verb } from './api-request.ts';

/** A request about objects that has come in. */
export interface LoggedRequest {
  readonly verb: Verb;
  /** `services`, `endpointslices`, ... */
  readonly resource: string;
  /** Path and query. */
  readonly target: string;
  /** The Authorization header; empty when there is none. */
  readonly authorization: string;
}

/** Which requests are meant: those that have all of this. */
export type RequestMatch = Partial<Pick<LoggedRequest, 'verb' | 'resource'>>;

/** Requests in the order in which they came. */
export class RequestLog {
  readonly #entries: LoggedRequest[] = [];
  readonly #waiting = new Set<() => void>();

  add(entry: LoggedRequest): void {
    this.#entries.push(entry);
    for (const look of this.#waiting) look();
  }

  /** Those that match, oldest first. */
  of(match: RequestMatch): readonly LoggedRequest[] {
    return this.#entries.filter((entry) => isMatch(entry, match));
  }

  /** Resolves when there are this many that match, with the last of them. */
  async until(match: RequestMatch, count: number): Promise<LoggedRequest> {
    for (;;) {
      const found = this.of(match)[count - 1];
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const look = (): void => {
        resolve(undefined);
      };
      this.#waiting.add(look);
      await promise;
      this.#waiting.delete(look);
    }
  }
}

/** Whether a request is meant. */
export function isMatch(
  request: Pick<LoggedRequest, 'verb' | 'resource'>,
  match: RequestMatch,
): boolean {
  return (
    (match.verb ?? request.verb) === request.verb &&
    (match.resource ?? request.resource) === request.resource
  );
}
