/** Passes TCP connections on, between places that no network joins: a Unix socket is in a file system. */
import { once } from 'node:events';
import net from 'node:net';

/** A TCP port on this host's own loopback address, or the path of a Unix socket. */
export type RelayEnd = { readonly port: number } | { readonly path: string };

/** Starts a relay; it listens at `from` when the promise resolves. Rejects when that is taken. */
export async function startRelay(from: RelayEnd, to: RelayEnd): Promise<Relay> {
  const relay = new Relay(to);
  await relay.listen(from);
  return relay;
}

/** A running relay. Nobody but this host reaches it. */
export class Relay {
  readonly #to: RelayEnd;
  readonly #server: net.Server;
  readonly #pairs = new Set<Pair>();

  constructor(to: RelayEnd) {
    this.#to = to;
    this.#server = net.createServer((near) => {
      this.#join(near);
    });
  }

  async listen(from: RelayEnd): Promise<void> {
    this.#server.listen(optionsOf(from));
    await once(this.#server, 'listening');
  }

  /**
   * Loses whatever is sent over the connections of now, in both directions, and leaves them open, as
   * where a firewall has forgotten them. New ones are passed on.
   */
  stall(): void {
    for (const pair of this.#pairs) {
      pair.isStalled = true;
      // What is read by nobody is lost.
      for (const socket of [pair.near, pair.far]) socket.unpipe().resume();
    }
  }

  /** Ends all connections, and listens no more. */
  close(): void {
    this.#server.close();
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  #join(near: net.Socket): void {
    const far = net.connect(optionsOf(this.#to));
    const pair: Pair = { near, far, isStalled: false };
    this.#pairs.add(pair);
    near.pipe(far).pipe(near);
    // Why one side ended is nothing that the other can be told.
    near
      .on('error', () => undefined)
      .on('close', () => {
        far.destroy();
        this.#pairs.delete(pair);
      });
    far
      .on('error', () => undefined)
      .on('close', () => {
        if (!pair.isStalled) near.destroy();
      });
  }
}

// --- internal ---

interface Pair {
  readonly near: net.Socket;
  readonly far: net.Socket;
  isStalled: boolean;
}

function optionsOf(end: RelayEnd): { host: string; port: number } | { path: string } {
  return 'path' in end ? { path: end.path } : { host: '127.0.0.1', port: end.port };
}
