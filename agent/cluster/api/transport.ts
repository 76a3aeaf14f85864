/** HTTP, as far as the API source needs it: GET, with the answer's body as it comes. */
import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Connection, Credentials } from './connection.ts';
import { untilAborted } from './until-aborted.ts';

/** Sends requests. */
export interface ApiTransport {
  /**
   * Asks for a path with its query. Resolves with the head of the answer, whatever its status;
   * rejects when there is none, or when the signal aborts, which also ends the body.
   */
  get(target: string, signal: AbortSignal): Promise<ApiResponse>;
  /** Forgets credentials that the server does not take any more. */
  renew(): void;
  close(): void;
}

/** An answer. */
export interface ApiResponse {
  readonly status: number;
  /** The Retry-After header. */
  readonly retryAfter: string | undefined;
  /** Leaving the loop over it early closes the connection. */
  readonly body: AsyncIterable<Buffer>;
}

/** Requests over HTTP or HTTPS. */
export class HttpTransport implements ApiTransport {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async get(target: string, signal: AbortSignal): Promise<ApiResponse> {
    // Credentials may come from a program that hangs.
    const credentials = await untilAborted(this.#connection.credentials(), signal);
    const response = await send(`${this.#connection.server}${target}`, credentials, signal);
    return {
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      body: response,
    };
  }

  renew(): void {
    this.#connection.renew();
  }

  close(): void {
    this.#connection.close();
  }
}

// --- internal ---

/** How soon the kernel asks whether a quiet peer is still there. */
const KEEP_ALIVE_PROBE_MS = 30_000;

const HEADERS = { accept: 'application/json', 'user-agent': 'switchyard' };

async function send(
  url: string,
  { agent, headers }: Credentials,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.startsWith('https:') ? tlsRequest : plainRequest;
  return await new Promise((resolve, reject) => {
    const sent = request(url, { agent, signal, headers: { ...HEADERS, ...headers } }, resolve);
    sent.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS));
    sent.on('error', reject);
    sent.end();
  });
}
