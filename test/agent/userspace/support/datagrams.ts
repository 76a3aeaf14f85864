/** Endpoints and clients that speak in datagrams. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { ListenerEndpoint } from '../../../../rules/userspace/listener-spec.ts';
import { LOOPBACK } from '../../../support/addresses.ts';
import { endpointAt } from './backend.ts';

/** A server that answers each datagram with its name, a space, and the same. */
export interface UdpBackend {
  readonly endpoint: ListenerEndpoint;
  /** The ports that datagrams came from: one for each flow. */
  readonly flows: ReadonlySet<number>;
  stop(): Promise<void>;
}

/** Listens; without a port, the kernel chooses one. One without a name never answers. */
export async function startUdpBackend(name: string | undefined, port = 0): Promise<UdpBackend> {
  const flows = new Set<number>();
  const socket = await openUdp(port);
  socket.on('message', (datagram, from) => {
    flows.add(from.port);
    if (name === undefined) return;
    socket.send(`${name} ${datagram.toString()}`, from.port, from.address);
  });
  return {
    endpoint: endpointAt(socket.address().port),
    flows,
    async stop() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** A client that asks one server; the answer is shown with where it came from. */
export interface UdpClient {
  readonly socket: Socket;
  /** Rejects when there is no answer within a second. */
  ask(question: string, port: number): Promise<string>;
}

/** A client at a port that the kernel chooses. */
export async function openClient(): Promise<UdpClient> {
  const socket = await openUdp(0);
  return {
    socket,
    async ask(question, port) {
      const answered = once(socket, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) });
      socket.send(question, port, LOOPBACK.IPv4);
      const [datagram, from] = (await answered) as [Buffer, RemoteInfo];
      return from.port === port && from.address === LOOPBACK.IPv4
        ? datagram.toString()
        : `from elsewhere: ${datagram.toString()}`;
    },
  };
}

// --- internal ---

const PATIENCE_MS = 1_000;

async function openUdp(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(port, LOOPBACK.IPv4);
  await once(socket, 'listening');
  return socket;
}
