/** Sockets that tell whoever reaches them where they are and whom they see. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { type Ip, familyOf, parseIp } from '../../../rules/ip.ts';
import type { Answer, ListenRequest } from './protocol.ts';

/** A socket that listens. */
export interface OpenListener {
  readonly port: number;
  /** Connections accepted, or datagrams received. */
  count(): number;
  /** Stops listening; what was accepted stays open, as on a terminating pod. */
  close(): void;
}

/**
 * Listens. Over TCP each connection gets an `Answer` as a line of JSON and then its own bytes back;
 * over UDP each datagram gets an `Answer`. Rejects when the port is taken.
 */
export function listen(hostName: string, request: ListenRequest): Promise<OpenListener> {
  return request.protocol === 'tcp' ? listenTcp(hostName, request) : listenUdp(hostName, request);
}

// --- internal ---

/** The unspecified IPv6 address: a socket bound to it takes IPv4 as well. */
const ANY = '::' as Ip;

async function listenTcp(by: string, { port, ip = ANY }: ListenRequest): Promise<OpenListener> {
  let count = 0;
  const server = net.createServer((socket) => {
    count += 1;
    // Clients come and go as they please, and report their own errors.
    socket.on('error', () => socket.destroy());
    const { localPort, remoteAddress, remotePort } = socket;
    if (localPort === undefined || remoteAddress === undefined || remotePort === undefined) {
      socket.destroy(); // It is gone already.
      return;
    }
    const answer = answerTo(by, localPort, remoteAddress, remotePort);
    socket.write(`${JSON.stringify(answer)}\n`);
    socket.pipe(socket);
  });
  server.listen(port, ip);
  await once(server, 'listening');
  return { port: portOf(server), count: () => count, close: () => server.close() };
}

async function listenUdp(by: string, { port, ip = ANY }: ListenRequest): Promise<OpenListener> {
  let count = 0;
  const socket = dgram.createSocket(familyOf(ip) === 'IPv4' ? 'udp4' : 'udp6');
  socket.on('message', (_message, { address, port: peerPort }) => {
    count += 1;
    const answer = answerTo(by, socket.address().port, address, peerPort);
    // An answer that cannot be sent is one that the other side waits for in vain.
    socket.send(JSON.stringify(answer), peerPort, address, () => undefined);
  });
  socket.bind(port, ip);
  await once(socket, 'listening');
  return { port: socket.address().port, count: () => count, close: () => socket.close() };
}

function answerTo(by: string, port: number, address: string, sourcePort: number): Answer {
  // An IPv4 peer of an IPv6 socket reads ::ffff:a.b.c.d; parseIp makes it plain IPv4.
  const source = parseIp(address);
  if (source === undefined) throw new Error(`the peer's address is not an IP address: ${address}`);
  return { by, port, source, sourcePort };
}

function portOf(server: net.Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
