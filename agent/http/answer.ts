/**
 * What an HTTP server of the agent answers: small texts, and one long report in pieces.
 */

/** A request, as far as the agent's servers look at it. */
export interface HttpQuestion {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** An answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Whole, or in pieces that are made as the client reads. */
  readonly body: string | Iterable<string>;
}

/** Answers a question. */
export type Answerer = (question: HttpQuestion) => HttpAnswer | Promise<HttpAnswer>;

/** Text for people. */
export function textAnswer(status: number, body: HttpAnswer['body']): HttpAnswer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...NO_SNIFF }, body };
}

/** JSON text. */
export function jsonAnswer(status: number, body: HttpAnswer['body']): HttpAnswer {
  return { status, headers: { 'Content-Type': 'application/json', ...NO_SNIFF }, body };
}

/** There is nothing at this path. */
export function notFound(): HttpAnswer {
  return textAnswer(404, '404 page not found\n');
}

// --- internal ---

const NO_SNIFF = { 'X-Content-Type-Options': 'nosniff' };
