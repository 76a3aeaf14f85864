/**
 * A Kubernetes API server for tests: real HTTP or HTTPS, with the resources that a service proxy reads,
 * good enough for kubectl, and with faults on demand. Nothing is kept when it closes.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { handle, selectorOf } from './api-handler.ts';
import { parseRequest, readBody, type ApiRequest } from './api-request.ts';
import type { Certificates } from './certificates.ts';
import { withDefaults } from './defaults.ts';
import { discoveryAt } from './discovery.ts';
import { mirrorEvent } from './events.ts';
import { Faults, sendText, type Fault } from './faults.ts';
import { objectAt, textAt, type JsonObject } from './json.ts';
import { kubeconfigText, type KubeconfigUser } from './kubeconfig.ts';
import { RequestLog } from './request-log.ts';
import { resourceOf } from './resources.ts';
import { StatusError } from './status.ts';
import { Storage } from './storage.ts';
import { WatchStream } from './watch-stream.ts';

/** How to serve. */
export interface TestApiServerOptions {
  readonly host?: string;
  /** 0, the default, takes any that is free. */
  readonly port?: number;
  /** Serves HTTPS with them; plain HTTP without. */
  readonly certificates?: Certificates;
  /**
   * The bearer tokens that are let in, besides client certificates; may change at any time. Without
   * this, everybody is let in.
   */
  readonly tokens?: ReadonlySet<string>;
  /**
   * Whether a list with resourceVersion 0 comes in one piece whatever its limit, as from the cache of
   * a real server; in pages otherwise.
   */
  readonly listsFromCache?: boolean;
}

/** Starts a server; listens when the promise resolves. */
export async function createTestApiServer(
  options: TestApiServerOptions = {},
): Promise<TestApiServer> {
  const server = new TestApiServer(options);
  await server.listen();
  return server;
}

/** A running server. */
export class TestApiServer {
  readonly faults = new Faults();
  readonly requests = new RequestLog();
  readonly #options: TestApiServerOptions;
  readonly #storage = new Storage();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<WatchStream>();
  #port: number;
  #onChange: (() => void) | undefined;

  constructor(options: TestApiServerOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response);
    };
    const { certificates } = options;
    this.#server =
      certificates === undefined
        ? createServer(listener)
        : createTlsServer(
            {
              ...certificates.server,
              ca: certificates.ca,
              requestCert: true,
              rejectUnauthorized: false,
            },
            listener,
          );
    this.#server.on(certificates === undefined ? 'connection' : 'secureConnection', (socket) => {
      this.#follow(socket as Socket);
    });
    this.#storage.onChange((change) => {
      for (const watch of this.#watches) watch.send(change);
    });
    this.#storage.onChange((change) => {
      mirrorEvent(change, this.#storage);
    });
  }

  /** Listens; after `close` again, at the port of before and with the objects of before. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, this.#host, resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** `http://127.0.0.1:41234`. */
  get url(): string {
    const scheme = this.#options.certificates === undefined ? 'http' : 'https';
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host;
    return `${scheme}://${host}:${this.#port}`;
  }

  get #host(): string {
    return this.#options.host ?? '127.0.0.1';
  }

  /** The text of a kubeconfig file for this user; nobody in particular without one. */
  kubeconfig(user: KubeconfigUser = {}): string {
    return kubeconfigText(this.url, this.#options.certificates?.ca, user);
  }

  /** Creates an object, or replaces the one of its name. */
  put(given: object): void {
    const object = structuredClone(given) as JsonObject;
    const resource = resourceOf(textAt(object, 'apiVersion'), textAt(object, 'kind'));
    const metadata = objectAt(object, 'metadata');
    const namespace = textAt(metadata, 'namespace') || (resource.isNamespaced ? 'default' : '');
    object.metadata = { ...metadata, ...(namespace === '' ? {} : { namespace }) };
    const complete = withDefaults(resource, object, this.#storage);
    const isKnown = this.#storage.find(resource, namespace, textAt(metadata, 'name'));
    if (isKnown === undefined) this.#storage.create(resource, complete);
    else this.#storage.update(resource, complete);
  }

  /** Deletes the object that has this type and name; the rest of it does not matter. */
  delete(given: object): void {
    const object = given as JsonObject;
    const resource = resourceOf(textAt(object, 'apiVersion'), textAt(object, 'kind'));
    const metadata = objectAt(object, 'metadata');
    const namespace = textAt(metadata, 'namespace') || (resource.isNamespaced ? 'default' : '');
    this.#storage.delete(resource, namespace, textAt(metadata, 'name'));
  }

  /** Forgets the past: watches that begin from before this moment get to hear 410. */
  compact(): void {
    this.#storage.compact();
  }

  /** The watches of a resource that are open now. */
  watches(resource: string): readonly WatchStream[] {
    return [...this.#watches].filter((watch) => watch.resource.name === resource);
  }

  /** Says on all watches that nothing was missed. */
  bookmark(): void {
    for (const watch of this.#watches) watch.sendBookmark(this.#storage.version);
  }

  /** Resolves when this many connections are open. */
  async untilConnections(count: number): Promise<void> {
    while (this.#sockets.size !== count) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }

  #follow(socket: Socket): void {
    this.#sockets.add(socket);
    this.#onChange?.();
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#onChange?.();
    });
    // A client that goes away in the middle is what tests are about.
    socket.on('error', () => undefined);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      refuse(response, error);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: target = '/' } = request;
    const url = new URL(target, this.url);
    const text = await readBody(request);
    // Discovery is open to all.
    if (HEALTH_PATHS.has(url.pathname)) {
      response.end('ok');
      return;
    }
    if (url.pathname === '/openapi/v2') {
      // Old versions of kubectl insist on it, in protocol buffers: an empty description will do.
      response.end();
      return;
    }
    const discovery = discoveryAt(url.pathname);
    if (discovery !== undefined) {
      sendJson(response, 200, discovery);
      return;
    }
    const asked = parseRequest(method, url);
    const { authorization = '' } = request.headers;
    const logged = { verb: asked.verb, resource: asked.resource.name, target, authorization };
    const fault = this.faults.take(logged);
    this.requests.add(logged);
    if (fault !== undefined && isInsteadOfAnswer(fault)) {
      misbehave(response, fault);
      return;
    }
    this.#authenticate(request);
    if (asked.verb === 'watch') {
      this.#watch(asked, response);
      return;
    }
    if (this.#options.listsFromCache === true && asked.query.get('resourceVersion') === '0') {
      asked.query.delete('limit');
    }
    const contentType = request.headers['content-type'] ?? '';
    const { code, body } = handle(asked, contentType, text, this.#storage);
    response.writeHead(code, { 'content-type': 'application/json' });
    await sendText(response, `${JSON.stringify(body)}\n`, fault);
  }

  #authenticate({ headers, socket }: IncomingMessage): void {
    const { tokens } = this.#options;
    if (tokens === undefined) return;
    const [, token = ''] = /^Bearer (.*)$/.exec(headers.authorization ?? '') ?? [];
    const hasCertificate = socket instanceof TLSSocket && socket.authorized;
    if (!hasCertificate && !tokens.has(token)) {
      throw new StatusError(401, 'Unauthorized', 'Unauthorized');
    }
  }

  #watch(asked: ApiRequest, response: ServerResponse): void {
    const { resource, query } = asked;
    const watch = new WatchStream(resource, response, selectorOf(asked));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const version = Number(query.get('resourceVersion') ?? 0);
    if (version === 0) {
      for (const object of this.#storage.list(resource)) watch.sendInitial(object);
    } else {
      try {
        for (const change of this.#storage.changesSince(version)) watch.send(change);
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        watch.sendError(error);
        return;
      }
    }
    this.#watches.add(watch);
    const timer = setTimeout(
      () => {
        watch.sendBookmark(this.#storage.version);
        watch.end();
      },
      Number(query.get('timeoutSeconds') ?? DEFAULT_WATCH_SECONDS) * 1000,
    );
    response.on('close', () => {
      clearTimeout(timer);
      this.#watches.delete(watch);
    });
  }
}

// --- internal ---

const DEFAULT_WATCH_SECONDS = 1800;

/** Whoever answers there is ready. */
const HEALTH_PATHS: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz']);

function isInsteadOfAnswer({ kind }: Fault): boolean {
  return kind === 'status' || kind === 'hang' || kind === 'drop' || kind === 'body';
}

function misbehave(response: ServerResponse, fault: Fault): void {
  if (fault.kind === 'status') {
    const { retryAfterDate } = fault;
    if (retryAfterDate !== undefined) {
      response.setHeader('retry-after', retryAfterDate.toUTCString());
    }
    throw new StatusError(fault.code, 'Test', 'as the test wants it', fault.retryAfterSeconds);
  }
  if (fault.kind === 'drop') response.destroy();
  if (fault.kind === 'body') response.end(fault.text);
}

function refuse(response: ServerResponse, error: StatusError): void {
  if (error.retryAfterSeconds !== undefined) {
    response.setHeader('retry-after', error.retryAfterSeconds);
  }
  sendJson(response, error.code, error.toJson());
}

function sendJson(response: ServerResponse, code: number, body: JsonObject): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
