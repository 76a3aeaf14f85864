/** One UDP flow: what a client sends to an endpoint, and what comes back. */
import { createSocket, type Socket } from 'node:dgram';
import { familyOf, type Ip } from '../../rules/ip.ts';
import {
  noteFailure,
  noteSuccess,
  type BalancedEndpoint,
} from '../../rules/userspace/balanced-endpoint.ts';
import type { EndpointPool } from '../../rules/userspace/endpoint-pool.ts';
import type { Common } from './common.ts';
import type { Waiter } from './deadlines.ts';
import type { PortTally } from './port-tally.ts';
import { exhaustedBy } from './socket-errors.ts';

/** What a flow needs of its listener. */
export interface UdpHost {
  readonly common: Common;
  readonly pool: EndpointPool;
  readonly tally: PortTally;
  /** The flow is closed: whatever the client sends next begins another. */
  closed(flow: UdpFlow): void;
  /** Something came back: the flow is in use. */
  answered(flow: UdpFlow): void;
}

/** Where a client is, and the socket that it sent to: answers must come from there. */
export interface UdpClient {
  readonly socket: Socket;
  readonly address: Ip;
  readonly port: number;
}

/** A client's flow, from its first datagram until it was idle for too long. */
export class UdpFlow implements Waiter {
  readonly key: string;
  endpoint: BalancedEndpoint | undefined;
  readonly #client: UdpClient;
  readonly #host: UdpHost;
  readonly #tried: BalancedEndpoint[] = [];
  #upstream: Socket | undefined;
  #isConnected = false;
  /** The first of all, while none is answered: sent again if the endpoint turns out not to be there. */
  #unanswered: Buffer[] = [];
  #isAnswered = false;
  #keepsUnanswered = true;
  #isClosed = false;

  constructor(key: string, client: UdpClient, host: UdpHost) {
    this.key = key;
    this.#client = client;
    this.#host = host;
  }

  /** Chooses an endpoint. */
  start(): void {
    const { common, tally } = this.#host;
    tally.active += 1;
    common.deadlines.add(this, common.limits.udpReplayMs);
    this.#connect();
  }

  /** What nobody has answered for so long may have arrived all the same, and is of yesterday by now. */
  timedOut(): void {
    this.#keepsUnanswered = false;
    this.#unanswered = [];
  }

  /** Passes a datagram on to the endpoint. */
  send(datagram: Buffer): void {
    if (this.#keepsUnanswered && this.#unanswered.length < MAX_UNANSWERED) {
      this.#unanswered.push(datagram);
      if (!this.#isConnected) return;
    }
    const upstream = this.#upstream;
    if (!this.#isConnected || upstream === undefined) return;
    if (upstream.getSendQueueSize() < MAX_QUEUED_BYTES) upstream.send(datagram);
  }

  /** Ends it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#host.tally.active -= 1;
    this.#forgetUnanswered();
    this.#disconnect();
    this.#host.closed(this);
  }

  #connect(): void {
    const { pool, common, tally } = this.#host;
    const now = common.now();
    const endpoint = pool.choose(this.#client.address, this.#tried, now);
    if (endpoint === undefined) {
      tally.failed += 1;
      this.close();
      return;
    }
    if (this.#tried.length > 0) tally.retried += 1;
    this.#tried.push(endpoint);
    this.endpoint = endpoint;
    endpoint.active += 1;
    pool.pin(this.#client.address, endpoint, now);
    const { ip, port } = endpoint.target;
    const upstream = createSocket({
      type: familyOf(ip) === 'IPv4' ? 'udp4' : 'udp6',
      // Endpoints are addresses: there is nothing to look up.
      lookup: (name, _options, callback) => {
        callback(null, name, familyOf(ip) === 'IPv4' ? 4 : 6);
      },
    });
    common.admission.sockets += 1;
    this.#upstream = upstream;
    upstream.on('error', (error) => {
      if (upstream === this.#upstream) this.#failed(error);
    });
    upstream.on('message', (datagram) => {
      this.#answer(datagram);
    });
    upstream.on('connect', () => {
      if (upstream === this.#upstream) this.#connected(upstream);
    });
    // Without a callback: that would be given an error in place of the listener above.
    upstream.connect(port, ip);
  }

  #connected(upstream: Socket): void {
    this.#isConnected = true;
    for (const datagram of this.#unanswered) upstream.send(datagram);
  }

  #answer(datagram: Buffer): void {
    const { socket, address, port } = this.#client;
    if (!this.#isAnswered) {
      this.#isAnswered = true;
      this.#forgetUnanswered();
      if (this.endpoint !== undefined) noteSuccess(this.endpoint);
    }
    this.#host.tally.sentBytes += datagram.length;
    this.#host.answered(this);
    if (socket.getSendQueueSize() < MAX_QUEUED_BYTES) socket.send(datagram, port, address);
  }

  /** Nobody is there. What was not answered goes to the next endpoint; a flow that had answers ends. */
  #failed(error: Error): void {
    const { common } = this.#host;
    const resource = exhaustedBy(error);
    if (resource !== undefined) common.admission.exhaust(resource, error.message);
    else if (this.endpoint !== undefined) noteFailure(this.endpoint, common.now());
    if (this.#isAnswered || resource !== undefined) {
      this.close();
      return;
    }
    this.#disconnect();
    this.#connect();
  }

  #forgetUnanswered(): void {
    const { deadlines, limits } = this.#host.common;
    deadlines.delete(this, limits.udpReplayMs);
    this.timedOut();
  }

  #disconnect(): void {
    if (this.endpoint !== undefined) this.endpoint.active -= 1;
    this.endpoint = undefined;
    this.#isConnected = false;
    if (this.#upstream === undefined) return;
    this.#upstream.close();
    this.#upstream = undefined;
    this.#host.common.admission.sockets -= 1;
  }
}

// --- internal ---

/** Datagrams of a flow that are kept until there is an answer. */
const MAX_UNANSWERED = 4;

/** What may wait in one socket for the kernel: more is dropped, as the kernel would. */
const MAX_QUEUED_BYTES = 2 ** 20;
