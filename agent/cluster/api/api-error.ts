/** What goes wrong between the agent and the API server, and what to do about it. */

/**
 * - `unreachable`: no answer: refused, reset, no route, a certificate that does not fit.
 * - `silent`: connected, but no byte came for too long.
 * - `malformed`: an answer that cannot be understood.
 * - `unauthorized`: our credentials are unknown or out of date (401).
 * - `gone`: the version or page that we asked for is no longer kept (410): list again.
 * - `unsupported`: this server has no such resource (404), or no such selector (400).
 * - `forbidden`: our role does not allow it (403).
 * - `exists`: what we want to create is there already (409).
 * - `failed`: anything else: 429, 5xx.
 */
export type ApiErrorCode =
  | 'unreachable'
  | 'silent'
  | 'malformed'
  | 'unauthorized'
  | 'gone'
  | 'unsupported'
  | 'forbidden'
  | 'exists'
  | 'failed';

/** A request that did not end well. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  /** How long the server asks us to stay away, if it does. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ApiErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The error that an HTTP status stands for which is no success; the message is the server's own. */
export function errorOfStatus(
  status: number,
  message: string,
  retryAfterMs: number | undefined,
): ApiError {
  const text = message === '' ? `the API server answered ${status}` : `${status}: ${message}`;
  return new ApiError(CODES.get(status) ?? 'failed', text, { retryAfterMs });
}

/** Whether it was the connection that failed, and not what was asked for. */
export function isBrokenOff(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 'unreachable' || error.code === 'silent');
}

// --- internal ---

const CODES: ReadonlyMap<number, ApiErrorCode> = new Map([
  [400, 'unsupported'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'unsupported'],
  [409, 'exists'],
  [410, 'gone'],
]);
