/** Asks an API server, whichever it is, with a bearer token over TLS. */
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { textAt, type JsonObject } from './json.ts';

/** Where an API server is, and what lets one in. */
export interface ApiAccess {
  /** `https://127.0.0.1:41234`. */
  readonly url: string;
  /** The authority's certificate, as PEM. */
  readonly ca: string;
  readonly token: string;
}

/** A request that the server has refused. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: number;

  constructor(what: string, code: number, message: string) {
    super(`${what}: ${code} ${message}`);
    this.code = code;
  }
}

/** A client that keeps its connections. */
export class ApiClient {
  readonly #access: ApiAccess;
  readonly #agent: Agent;

  constructor(access: ApiAccess) {
    this.#access = access;
    this.#agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS, ca: access.ca });
  }

  /** The answer's body as text. Rejects with a RefusedError, or as the connection does. */
  async text(method: string, path: string, body?: object): Promise<string> {
    const { url, token } = this.#access;
    const response = await new Promise<Response>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      request(`${url}${path}`, { method, agent: this.#agent, headers }, (answer) => {
        const { statusCode = 0 } = answer;
        text(answer).then((content) => {
          resolve({ code: statusCode, content });
        }, reject);
      })
        .on('error', reject)
        .end(body === undefined ? undefined : JSON.stringify(body));
    });
    if (response.code < 300) return response.content;
    throw new RefusedError(`${method} ${path}`, response.code, reasonIn(response.content));
  }

  /** The same for an answer that is an object. */
  async json(method: string, path: string, body?: object): Promise<JsonObject> {
    return JSON.parse(await this.text(method, path, body)) as JsonObject;
  }

  /** Ends connections that wait for a next request. */
  close(): void {
    this.#agent.destroy();
  }
}

/** Whether a request was refused with this status code. */
export function isRefusal(error: unknown, code: number): boolean {
  return error instanceof RefusedError && error.code === code;
}

// --- internal ---

/** Two cores are busy with less. */
const MAX_CONNECTIONS = 8;

interface Response {
  readonly code: number;
  readonly content: string;
}

/** The message of a Status; the body as it is when it is none. */
function reasonIn(content: string): string {
  try {
    return textAt(JSON.parse(content) as JsonObject, 'message');
  } catch {
    return content;
  }
}
