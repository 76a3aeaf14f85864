/** The end of a socket that is not in order. */
import type { Socket } from 'node:net';

/** Closes so that the other end sees that something is wrong: what it has may not be all. */
export function reset(socket: Socket): void {
  // While it connects, Node would only remember to reset it later.
  if (socket.connecting || socket.destroyed || isShuttingDown(socket)) socket.destroy();
  else socket.resetAndDestroy();
}

// --- internal ---

/**
 * Whether all was sent, and the end of it is on its way. A reset would fail then with EINVAL (libuv's
 * `uv_tcp_close_reset`), and Node 24 would forget the socket without closing it: a descriptor that is
 * never given back, and a process that spins when it ends.
 */
function isShuttingDown(socket: Socket): boolean {
  return socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
}
