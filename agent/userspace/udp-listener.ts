/**
 * One UDP listener. Each client (address and port) has a flow: an endpoint, and a socket of its own
 * connected to it, so that answers find the way back and the kernel tells when nobody is there.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { familyOf, type Ip } from '../../rules/ip.ts';
import { EndpointPool } from '../../rules/userspace/endpoint-pool.ts';
import type { ListenerSpec } from '../../rules/userspace/listener-spec.ts';
import { RecencyMap } from '../../rules/userspace/recency-map.ts';
import type { Common } from './common.ts';
import type { Listener } from './listener.ts';
import type { PortTally } from './port-tally.ts';
import { UdpFlow, type UdpHost } from './udp-flow.ts';

/** Receives datagrams, and keeps a flow for each client. */
export class UdpListener implements Listener, UdpHost {
  readonly isResting = false;
  readonly common: Common;
  readonly pool: EndpointPool;
  readonly tally: PortTally;
  readonly #flows: RecencyMap<UdpFlow>;
  #sockets: Socket[] = [];
  /** The time of the last sweep: precise enough for idle limits. */
  #sweptAtMs: number;

  constructor(common: Common, tally: PortTally) {
    this.common = common;
    this.tally = tally;
    this.pool = new EndpointPool(common.random);
    this.#flows = new RecencyMap(common.limits.udpIdleMs, common.limits.maxFlows);
    this.#sweptAtMs = common.now();
  }

  configure(spec: ListenerSpec): void {
    this.pool.configure(spec, this.common.now());
    // A flow has no end of its own that it could be left alone until.
    for (const flow of this.#flows.values()) {
      if (flow.endpoint?.goneAtMs !== undefined) flow.close();
    }
  }

  async listen(ips: readonly Ip[], port: number): Promise<void> {
    try {
      for (const ip of ips) this.#sockets.push(await this.#listenAt(ip, port));
    } catch (error) {
      this.stopListening();
      throw error;
    }
  }

  get isListening(): boolean {
    return this.#sockets.length > 0;
  }

  /** Answers go out by the same sockets, so the flows end too. */
  stopListening(): void {
    this.abort();
    this.common.admission.sockets -= this.#sockets.length;
    for (const socket of this.#sockets) socket.close();
    this.#sockets = [];
  }

  drain(): Promise<void> {
    this.stopListening();
    return Promise.resolve();
  }

  get isEmpty(): boolean {
    return this.#flows.size === 0;
  }

  sweep(nowMs: number): void {
    this.#sweptAtMs = nowMs;
    this.pool.expire(nowMs);
    for (const flow of this.#flows.takeIdle(nowMs)) flow.close();
  }

  abort(): void {
    for (const flow of [...this.#flows.values()]) flow.close();
  }

  closed(flow: UdpFlow): void {
    this.#flows.delete(flow.key);
  }

  answered(flow: UdpFlow): void {
    this.#flows.use(flow.key, this.#sweptAtMs);
  }

  async #listenAt(ip: Ip, port: number): Promise<Socket> {
    const isIPv4 = familyOf(ip) === 'IPv4';
    const type = isIPv4 ? 'udp4' : 'udp6';
    const socket = createSocket({ type, ipv6Only: !isIPv4, reusePort: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: ip, port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    this.common.admission.sockets += 1;
    const place = `${this.#sockets.length} `;
    socket.on('message', (datagram, from) => {
      this.#received(place, socket, datagram, from);
    });
    // An answer that could not be sent: its client is told nothing, as with any lost datagram.
    socket.on('error', () => undefined);
    return socket;
  }

  #received(place: string, socket: Socket, datagram: Buffer, from: RemoteInfo): void {
    const key = `${place}${from.port} ${from.address}`;
    const flow = this.#flows.use(key, this.#sweptAtMs) ?? this.#open(key, socket, from);
    if (flow === undefined) return;
    this.tally.receivedBytes += datagram.length;
    flow.send(datagram);
  }

  /** `undefined` when there are too many sockets, or no endpoint. */
  #open(key: string, socket: Socket, from: RemoteInfo): UdpFlow | undefined {
    const { admission } = this.common;
    if (!admission.hasRoomForFlow) {
      const oldest = this.#flows.takeOldest();
      if (oldest === undefined) {
        this.tally.failed += 1;
        return undefined;
      }
      // The new one takes its place.
      oldest.close();
    }
    this.tally.accepted += 1;
    const flow = new UdpFlow(key, { socket, address: from.address as Ip, port: from.port }, this);
    for (const gone of this.#flows.set(key, flow, this.#sweptAtMs)) gone.close();
    flow.start();
    return flow;
  }
}

// --- internal ---

/** As much as the kernel gives without asking (net.core.rmem_max): bursts come faster than they are read. */
const RECEIVE_BUFFER_BYTES = 4 * 2 ** 20;
