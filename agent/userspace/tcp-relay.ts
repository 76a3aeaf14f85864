/**
 * Bytes both ways between the two sockets of a connection. The path of the data is short on purpose:
 * functions that all connections share instead of closures, no timers, and one look at a socket's
 * buffer. Who reads slowly holds up who writes: no more than a socket's high water mark is kept.
 */
import type { Socket } from 'node:net';
import { noteResponse } from '../../rules/userspace/balanced-endpoint.ts';
import { reset } from './reset.ts';
import type { TcpConnection } from './tcp-connection.ts';

/** Where a socket has its connection. */
export const CONNECTION = Symbol('connection');

declare module 'node:net' {
  interface Socket {
    /** The connection that a socket of the proxy belongs to. */
    [CONNECTION]?: TcpConnection;
  }
}

/** Begins to carry bytes, and ends: each side's end is passed on, and the other may go on. */
export function relay(client: Socket, server: Socket): void {
  server.on('data', onServerData).on('drain', onServerDrain).on('end', onServerEnd);
  client.on('data', onClientData).on('drain', onClientDrain).on('end', onClientEnd);
  client.resume();
}

/** One socket is closed. If it ended well, the other one has been told, and may have data to send yet. */
export function closeAfter(closed: Socket, other: Socket): void {
  if (closed.errored === null && closed.readableEnded) return;
  reset(other);
}

// --- internal ---

function onClientData(this: Socket, chunk: Buffer): void {
  const connection = this[CONNECTION];
  const server = connection?.server;
  if (connection === undefined || server === undefined) return;
  const { host } = connection;
  host.tally.receivedBytes += chunk.length;
  connection.activeSweep = host.sweeps;
  if (connection.askedAtMs === 0) connection.askedAtMs = host.common.now();
  if (!server.write(chunk)) this.pause();
}

function onServerData(this: Socket, chunk: Buffer): void {
  const connection = this[CONNECTION];
  if (connection === undefined) return;
  const { client, host } = connection;
  host.tally.sentBytes += chunk.length;
  connection.activeSweep = host.sweeps;
  if (connection.askedAtMs > 0) noteFirstByte(connection);
  if (!client.write(chunk)) this.pause();
}

function noteFirstByte(connection: TcpConnection): void {
  const { endpoint, host, askedAtMs } = connection;
  const now = host.common.now();
  if (endpoint !== undefined) noteResponse(endpoint, now - askedAtMs, now);
  connection.askedAtMs = -1;
}

function onClientDrain(this: Socket): void {
  this[CONNECTION]?.server?.resume();
}

function onServerDrain(this: Socket): void {
  this[CONNECTION]?.client.resume();
}

function onClientEnd(this: Socket): void {
  endAfter(this, this[CONNECTION]?.server);
}

function onServerEnd(this: Socket): void {
  endAfter(this, this[CONNECTION]?.client);
}

/**
 * One side will send no more, and the other is told. Where the other had ended before and nothing is on
 * its way, closing says the same, with a system call less.
 */
function endAfter(ended: Socket, other: Socket | undefined): void {
  if (other === undefined) return;
  const isAllDone = other.readableEnded && other.writableLength === 0 && ended.writableFinished;
  if (isAllDone) other.destroy();
  else other.end();
}
