/** Endpoints for tests: real servers on loopback, each of which says who it is. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { reset } from '../../../../agent/userspace/reset.ts';
import type { Ip } from '../../../../rules/ip.ts';
import { joinHostPort } from '../../../../rules/ip.ts';
import type { ListenerEndpoint } from '../../../../rules/userspace/listener-spec.ts';
import { LOOPBACK } from '../../../support/addresses.ts';

/** A server behind the proxy. */
export interface Backend {
  readonly endpoint: ListenerEndpoint;
  /** Connections it has had. */
  readonly accepted: number;
  /** Those that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** Stops listening and resets what is open. */
  stop(): Promise<void>;
}

/** Listens; without a port, the kernel chooses one. By default it says its name and then echoes. */
export async function startBackend(
  name: string,
  serve: (socket: Socket) => void = sayAndEcho(name),
  port = 0,
): Promise<Backend> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    serve(socket);
  });
  await listening(server, port);
  return {
    endpoint: endpointAt((server.address() as AddressInfo).port),
    get accepted() {
      return accepted;
    },
    sockets,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) reset(socket);
      await closed;
    },
  };
}

/** An endpoint at a port of loopback, whether somebody is there or not. */
export function endpointAt(port: number, weight = 1): ListenerEndpoint {
  const ip: Ip = LOOPBACK.IPv4;
  return { id: joinHostPort(ip, port), ip, port, weight };
}

/** A port at which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await listening(server, 0);
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

// --- internal ---

function sayAndEcho(name: string): (socket: Socket) => void {
  return (socket) => {
    socket.write(`${name}\n`);
    socket.pipe(socket);
  };
}

async function listening(server: Server, port: number): Promise<void> {
  server.listen(port, LOOPBACK.IPv4);
  await once(server, 'listening');
}
