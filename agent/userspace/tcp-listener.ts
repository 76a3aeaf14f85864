/** One TCP listener: its sockets, its endpoints and its connections. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { Ip } from '../../rules/ip.ts';
import { EndpointPool } from '../../rules/userspace/endpoint-pool.ts';
import type { ListenerSpec } from '../../rules/userspace/listener-spec.ts';
import type { Common } from './common.ts';
import type { Listener } from './listener.ts';
import type { PortTally } from './port-tally.ts';
import { exhaustedBy } from './socket-errors.ts';
import { TcpConnection, type TcpHost } from './tcp-connection.ts';

/** Accepts clients, and keeps their connections until they end. */
export class TcpListener implements Listener, TcpHost {
  readonly common: Common;
  readonly pool: EndpointPool;
  readonly tally: PortTally;
  sendsProxyHeader = false;
  sweeps = 0;
  readonly #connections = new Set<TcpConnection>();
  #servers: Server[] = [];
  #closedAtMs: number | undefined;
  #restsUntilSweep = 0;

  constructor(common: Common, tally: PortTally) {
    this.common = common;
    this.tally = tally;
    this.pool = new EndpointPool(common.random);
  }

  configure(spec: ListenerSpec): void {
    this.#closedAtMs = undefined;
    this.sendsProxyHeader = spec.sendsProxyHeader;
    this.pool.configure(spec, this.common.now());
  }

  async listen(ips: readonly Ip[], port: number): Promise<void> {
    try {
      for (const ip of ips) this.#servers.push(await this.#listenAt(ip, port));
    } catch (error) {
      this.stopListening();
      throw error;
    }
  }

  get isListening(): boolean {
    return this.#servers.length > 0;
  }

  stopListening(): void {
    for (const server of this.#takeServers()) server.close();
  }

  rest(): void {
    this.stopListening();
    // A whole one at least: the next may be about to begin.
    this.#restsUntilSweep = this.sweeps + 2;
  }

  get isResting(): boolean {
    return this.sweeps < this.#restsUntilSweep;
  }

  async drain(): Promise<void> {
    const servers = this.#takeServers();
    this.#closedAtMs = this.common.now();
    // Who waits to be accepted would be reset. Node accepts all of them before it comes to this.
    await nextTurn();
    for (const server of servers) server.close();
  }

  get isEmpty(): boolean {
    return this.#connections.size === 0;
  }

  sweep(nowMs: number): void {
    this.sweeps += 1;
    this.pool.expire(nowMs);
    if (nowMs - (this.#closedAtMs ?? nowMs) > this.common.limits.drainMs) this.abort();
    for (const connection of this.#connections) connection.sweep(nowMs);
  }

  abort(): void {
    for (const connection of this.#connections) connection.abort();
  }

  closed(connection: TcpConnection): void {
    this.#connections.delete(connection);
  }

  #takeServers(): Server[] {
    const servers = this.#servers;
    this.#servers = [];
    this.common.admission.sockets -= servers.length;
    return servers;
  }

  async #listenAt(ip: Ip, port: number): Promise<Server> {
    const server = createServer(OPTIONS, (client) => {
      this.#accept(client);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // With reusePort, an agent that takes over listens before its predecessor has stopped.
      server.listen({ host: ip, port, backlog: BACKLOG, ipv6Only: true, reusePort: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.common.admission.sockets += 1;
    server.on('error', (error) => {
      // A failed accept. Whatever it was, the pause keeps it from coming back at once.
      this.common.admission.exhaust(exhaustedBy(error) ?? 'descriptors', error.message);
    });
    return server;
  }

  #accept(client: Socket): void {
    const connection = new TcpConnection(client, this);
    this.#connections.add(connection);
    connection.start();
    this.common.admission.accepted();
  }
}

// --- internal ---

const OPTIONS = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true };

/** The kernel allows net.core.somaxconn at most: 4096 unless somebody changed it. */
const BACKLOG = 4_096;
