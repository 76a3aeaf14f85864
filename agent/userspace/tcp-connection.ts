/** One TCP connection: a client, and the endpoint that is found for it. */
import { connect, type Socket } from 'node:net';
import { parseIp } from '../../rules/ip.ts';
import {
  noteFailure,
  noteResponse,
  noteSuccess,
  type BalancedEndpoint,
} from '../../rules/userspace/balanced-endpoint.ts';
import type { EndpointPool } from '../../rules/userspace/endpoint-pool.ts';
import { proxyHeader, type ConnectionEnd } from '../../rules/userspace/proxy-header.ts';
import type { Common } from './common.ts';
import type { Waiter } from './deadlines.ts';
import { countConnect, type PortTally } from './port-tally.ts';
import { exhaustedBy } from './socket-errors.ts';
import { reset } from './reset.ts';
import { closeAfter, CONNECTION, relay } from './tcp-relay.ts';

/** What a connection needs of its listener. */
export interface TcpHost {
  readonly common: Common;
  readonly pool: EndpointPool;
  readonly tally: PortTally;
  readonly sendsProxyHeader: boolean;
  /** Counts the sweeps: the clock of idle connections. */
  readonly sweeps: number;
  /** There are no ports left to any endpoint: accepts nobody for a while. */
  rest(): void;
  /** Both sockets are closed. */
  closed(connection: TcpConnection): void;
}

/** One client's connection, from its accepting to its end. */
export class TcpConnection implements Waiter {
  readonly client: Socket;
  readonly host: TcpHost;
  server: Socket | undefined;
  /** Where it is, or is being, connected to. */
  endpoint: BalancedEndpoint | undefined;
  /** The sweep before which something came last. */
  activeSweep: number;
  /** When the client sent its first data, until they are answered. */
  askedAtMs = 0;
  readonly #tried: BalancedEndpoint[] = [];
  /** How many of them kept it waiting for too long. */
  #timeouts = 0;
  #dialedAtMs = 0;
  #dialLimitMs = 0;
  #isConnected = false;
  #isKeptAlive = false;
  #isEnded = false;

  constructor(client: Socket, host: TcpHost) {
    this.client = client;
    this.host = host;
    this.activeSweep = host.sweeps;
  }

  /** Looks for an endpoint that takes it. */
  start(): void {
    const { client, host } = this;
    host.tally.accepted += 1;
    host.tally.active += 1;
    host.common.admission.sockets += 1;
    client[CONNECTION] = this;
    client.on('error', onError).on('close', onClientClose);
    this.#dial();
  }

  /** The endpoint did not answer in time. */
  timedOut(): void {
    this.#timeouts += 1;
    this.#dialFailed(new Error('the endpoint did not take the connection in time'));
  }

  /** Ends it at once: both sides see a reset. */
  abort(): void {
    reset(this.client);
    if (this.server !== undefined) reset(this.server);
  }

  /** To be called once a sweep: closes what was idle for too long, or stayed too long after an endpoint went. */
  sweep(nowMs: number): void {
    const { limits } = this.host.common;
    const idleMs = (this.host.sweeps - this.activeSweep) * limits.sweepMs;
    const isHalfClosed = this.client.readableEnded || (this.server?.readableEnded ?? false);
    const goneAtMs = this.endpoint?.goneAtMs ?? nowMs;
    if (
      idleMs > (isHalfClosed ? limits.halfClosedIdleMs : limits.tcpIdleMs) ||
      nowMs - goneAtMs > limits.drainMs
    ) {
      this.abort();
    } else if (idleMs > KEEP_ALIVE_MS && !this.#isKeptAlive) {
      // Not from the start: it takes four system calls, and most connections do not live so long.
      this.#isKeptAlive = true;
      this.client.setKeepAlive(true, KEEP_ALIVE_MS);
      this.server?.setKeepAlive(true, KEEP_ALIVE_MS);
    }
  }

  /** The endpoint took it. */
  connected(): void {
    const { client, server, endpoint, host } = this;
    const { common, pool, tally } = host;
    if (server === undefined || endpoint === undefined) return;
    this.#isConnected = true;
    common.deadlines.delete(this, this.#dialLimitMs);
    const now = common.now();
    const elapsedMs = now - this.#dialedAtMs;
    noteSuccess(endpoint);
    noteResponse(endpoint, elapsedMs, now);
    pool.pin(this.#clientAddress(), endpoint, now);
    countConnect(tally, elapsedMs);
    if (client.destroyed) {
      server.destroy();
      return;
    }
    if (host.sendsProxyHeader) {
      const header = headerFor(client);
      if (header === undefined) {
        this.abort();
        return;
      }
      server.write(header);
    }
    relay(client, server);
  }

  /** The socket to the endpoint is closed. */
  serverClosed(socket: Socket): void {
    this.host.common.admission.sockets -= 1;
    if (socket !== this.server) return; // One of the earlier tries.
    this.host.common.deadlines.delete(this, this.#dialLimitMs);
    this.server = undefined;
    closeAfter(socket, this.client);
    this.#endIfClosed();
  }

  /** The client's socket is closed. */
  clientClosed(): void {
    this.host.common.admission.sockets -= 1;
    if (this.server !== undefined) closeAfter(this.client, this.server);
    this.#endIfClosed();
  }

  /** The socket to the endpoint failed: before it was connected, another endpoint is tried. */
  serverFailed(socket: Socket, error: Error): void {
    if (socket === this.server && !this.#isConnected) this.#dialFailed(error);
  }

  #dial(): void {
    const { host } = this;
    const { limits, admission, deadlines, now } = host.common;
    this.#dialedAtMs = now();
    const tries = this.#tried.length;
    const endpoint =
      tries < limits.maxTries && this.#timeouts < limits.dialMs.length
        ? host.pool.choose(this.#clientAddress(), this.#tried, this.#dialedAtMs)
        : undefined;
    if (endpoint === undefined) {
      this.#giveUp();
      return;
    }
    if (tries > 0) host.tally.retried += 1;
    this.#tried.push(endpoint);
    this.#setEndpoint(endpoint);
    // The last one left may take all the time there is.
    const isLast = this.#tried.length >= host.pool.size;
    this.#dialLimitMs = limits.dialMs.at(isLast ? -1 : this.#timeouts) ?? 0;
    deadlines.add(this, this.#dialLimitMs);
    admission.sockets += 1;
    const { ip, port } = endpoint.target;
    const server = connect({ host: ip, port, allowHalfOpen: true, noDelay: true });
    this.server = server;
    server[CONNECTION] = this;
    server.on('connect', onConnect).on('error', onServerError).on('close', onServerClose);
  }

  /** Empty when nobody needs to know. */
  #clientAddress(): string {
    return this.host.pool.needsClient ? (this.client.remoteAddress ?? '') : '';
  }

  #dialFailed(error: Error): void {
    const { endpoint, server, host } = this;
    const { admission, deadlines, now } = host.common;
    deadlines.delete(this, this.#dialLimitMs);
    this.server = undefined;
    server?.destroy();
    const resource = exhaustedBy(error);
    if (resource === undefined && endpoint !== undefined) noteFailure(endpoint, now());
    // To another address there may be ports left.
    if (resource !== undefined && resource !== 'ports') {
      admission.exhaust(resource, error.message);
      this.#giveUp();
    } else if (this.client.destroyed) {
      this.#endIfClosed();
    } else {
      if (resource === 'ports' && this.#tried.length >= host.pool.size) {
        admission.exhaust(resource, error.message);
        host.rest();
      }
      this.#dial();
    }
  }

  #giveUp(): void {
    this.host.tally.failed += 1;
    reset(this.client);
    this.#endIfClosed();
  }

  #setEndpoint(endpoint: BalancedEndpoint | undefined): void {
    if (this.endpoint !== undefined) this.endpoint.active -= 1;
    if (endpoint !== undefined) endpoint.active += 1;
    this.endpoint = endpoint;
  }

  #endIfClosed(): void {
    if (this.#isEnded || !this.client.closed || this.server !== undefined) return;
    this.#isEnded = true;
    this.#setEndpoint(undefined);
    this.host.tally.active -= 1;
    this.host.closed(this);
  }
}

// --- internal ---

/** After so long without data, the kernel asks the other end whether it is there, and then as often. */
const KEEP_ALIVE_MS = 15_000;

/** `undefined` where the kernel does not tell the client's address any more: it has reset the connection. */
function headerFor(client: Socket): Uint8Array | undefined {
  const source = endOf(client.remoteAddress, client.remotePort);
  const destination = endOf(client.localAddress, client.localPort);
  return source && destination && proxyHeader(source, destination);
}

/** One end, without the zone that a link-local address has (`fe80::1%eth0`). */
function endOf(address = '', port = 0): ConnectionEnd | undefined {
  const ip = parseIp(address.replace(/%.*/, ''));
  return ip && { ip, port };
}

function onConnect(this: Socket): void {
  const connection = this[CONNECTION];
  if (connection?.server === this) connection.connected();
}

function onServerError(this: Socket, error: Error): void {
  this[CONNECTION]?.serverFailed(this, error);
}

function onServerClose(this: Socket): void {
  this[CONNECTION]?.serverClosed(this);
}

/** What went wrong shows in `errored` when the socket closes, which follows. */
function onError(): void {
  // An error without a listener would end the process.
}

function onClientClose(this: Socket): void {
  this[CONNECTION]?.clientClosed();
}
