/** The API server's answers that are no objects: refusals and confirmations. */
import type { JsonObject } from './json.ts';

/** A refusal, as a Status object says it. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  toJson(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.retryAfterSeconds === undefined
        ? {}
        : { details: { retryAfterSeconds: this.retryAfterSeconds } }),
      code: this.code,
    };
  }
}

/** What a watch or a page gets to hear that asks for a past which is forgotten. */
export function expired(): StatusError {
  return new StatusError(410, 'Expired', 'too old resource version');
}

/** Something that is not there. */
export function notFound(what: string): StatusError {
  return new StatusError(404, 'NotFound', `${what} not found`);
}

/** A request that makes no sense. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

/** The answer to a deletion. */
export function success(details: JsonObject): JsonObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
