/** Asking the agent's servers, for tests. */
import type { HttpAnswer, HttpQuestion } from '../../../agent/http/answer.ts';

/** A GET of this path, with its query. */
export function question(target: string, method = 'GET'): HttpQuestion {
  const { pathname, searchParams } = new URL(target, 'http://agent');
  return { method, path: pathname, query: searchParams };
}

/** The body as one text. */
export function bodyOf({ body }: HttpAnswer): string {
  return typeof body === 'string' ? body : [...body].join('');
}

/** A response as it came over the wire. */
export interface Fetched {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Asks a server on this machine. */
export async function get(port: number, path: string, init: RequestInit = {}): Promise<Fetched> {
  // Not kept alive: a test's server is soon gone.
  const headers = { connection: 'close' };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
