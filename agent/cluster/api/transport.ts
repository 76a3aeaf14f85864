/** HTTP, as far as the agent needs it: small requests, with the answer's body as it comes. */
import { request as plainRequest, type Agent, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Connection, Credentials } from './connection.ts';
import { untilAborted } from './until-aborted.ts';

/** Sends requests. */
export interface ApiTransport {
  /**
   * Sends a request. Resolves with the head of the answer, whatever its status;
   * rejects when there is none, or when the signal aborts, which also ends the body.
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<ApiResponse>;
  /** Forgets credentials that the server does not take any more. */
  renew(): void;
  /** Closes connections that wait for a next request. */
  dropIdle(): void;
  close(): void;
}

/** How a request is made. */
export type HttpMethod = 'GET' | 'POST' | 'PATCH';

/** A request. */
export interface HttpRequest {
  readonly method: HttpMethod;
  /** Path and query. */
  readonly target: string;
  readonly body?: ApiBody;
}

/** What is sent along. */
export interface ApiBody {
  readonly contentType: string;
  readonly text: string;
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
  /** What kept the connections of the last request. */
  #agent: Agent | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async send(request: HttpRequest, signal: AbortSignal): Promise<ApiResponse> {
    // Credentials may come from a program that hangs.
    const credentials = await untilAborted(this.#connection.credentials(), signal);
    this.#agent = credentials.agent;
    const response = await send(this.#connection.server, request, credentials, signal);
    return {
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      body: response,
    };
  }

  renew(): void {
    this.#connection.renew();
  }

  dropIdle(): void {
    for (const sockets of Object.values(this.#agent?.freeSockets ?? {})) {
      for (const socket of sockets ?? []) socket.destroy();
    }
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
  server: string,
  { method, target, body }: HttpRequest,
  { agent, headers }: Credentials,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = server.startsWith('https:') ? tlsRequest : plainRequest;
  const type = body === undefined ? {} : { 'content-type': body.contentType };
  const options = { method, agent, signal, headers: { ...HEADERS, ...type, ...headers } };
  return await new Promise((resolve, reject) => {
    const sent = request(`${server}${target}`, options, resolve);
    sent.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS));
    sent.on('error', reject);
    sent.end(body?.text);
  });
}
