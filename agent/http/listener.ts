/**
 * A small HTTP server at one place. It answers questions and holds nothing open longer than it must:
 * every wait has an end, so that no client can keep it from its work or from stopping.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { textAnswer, type Answerer, type HttpAnswer, type HttpQuestion } from './answer.ts';
import type { Place } from './bind-address.ts';

/** A server that listens. */
export interface Listening {
  /** The port: the one that was asked for, or, if that was 0, what the kernel chose. */
  readonly port: number;
  /** Stops listening and closes what is open, at the latest after the grace time. May be called again. */
  close(): Promise<void>;
}

/** What a server does with requests. */
export interface Responder {
  readonly answer: Answerer;
  /** The answerer threw: the client was told that something is wrong, and no more. */
  readonly failed: (error: unknown) => void;
}

/** Listens at a place; rejects, with Node's error, when that is not possible. */
export async function listen(place: Place, responder: Responder): Promise<Listening> {
  const server = createServer(LIMITS, (request, response) => {
    void respond(request, response, responder);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = INACTIVITY_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(place, () => {
      server.off('error', reject);
      resolve();
    });
  });
  let closed: Promise<void> | undefined;
  return { port: portOf(server, place), close: () => (closed ??= close(server)) };
}

// --- internal ---

/** In milliseconds. A client that is slower than this is not one of ours. */
const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
};

/** How long a client may take to read some more of its answer. */
const INACTIVITY_MS = 30_000;

/** How long an answer under way has for its rest when the server closes. */
const CLOSE_GRACE_MS = 1_000;

/** Probes and scrapes need a handful; a flood must not eat up the agent's file descriptors. */
const MAX_CONNECTIONS = 256;

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { answer, failed }: Responder,
): Promise<void> {
  // Nobody looks at a body here; left unread it would hold up the connection.
  request.resume();
  const question = questionOf(request);
  let reply = textAnswer(400, '400 bad request\n');
  if (question !== undefined) {
    try {
      reply = await answer(question);
    } catch (error) {
      failed(error);
      reply = textAnswer(500, '500 internal error, see the log\n');
    }
  }
  await send(reply, response);
}

function questionOf({ method = '', url = '' }: IncomingMessage): HttpQuestion | undefined {
  const parsed = URL.parse(url, 'http://agent');
  return parsed === null
    ? undefined
    : { method, path: parsed.pathname, query: parsed.searchParams };
}

async function send({ status, headers, body }: HttpAnswer, response: ServerResponse) {
  if (typeof body === 'string') {
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
    return;
  }
  response.writeHead(status, headers);
  try {
    await pipeline(Readable.from(body), response);
  } catch {
    // The client went away; the pipeline has closed both ends.
  }
}

function portOf(server: Server, place: Place): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : place.port;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections();
  const deadline = setTimeout(() => {
    server.closeAllConnections();
  }, CLOSE_GRACE_MS);
  await closed;
  clearTimeout(deadline);
}
