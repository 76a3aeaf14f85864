import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventually } from '../../support/eventually.ts';
import { startBackend, type Backend } from './support/backend.ts';
import { createStage, makeSpec, type ProxyStage } from './support/proxy-stage.ts';

const CONNECTIONS = 4;
const CHUNK = Buffer.alloc(256 * 1024, 'x');
/** What each connection has to carry: all of them together, 128 MiB. */
const TOTAL = 32 * 2 ** 20;

/** What the proxy may hold of each: two sockets' buffers of 64 KiB, and for each a chunk of 64 KiB more. */
const MAX_HELD = 4 * 64 * 1024;

const PAIRS: readonly { name: string; order: (a: Socket, b: Socket) => [Socket, Socket] }[] = [
  { name: 'holds up the endpoint', order: (client, atBackend) => [atBackend, client] },
  { name: 'holds up the client', order: (client, atBackend) => [client, atBackend] },
];

describe('a slow reader', () => {
  let stage: ProxyStage;
  let backend: Backend;

  beforeEach(async () => {
    stage = createStage();
    backend = await startBackend('', () => undefined);
  });

  afterEach(async () => {
    await stage.stop();
    await backend.stop();
  });

  for (const { name, order } of PAIRS) {
    it(`${name}, memory does not grow, and nothing is lost`, async () => {
      const spec = makeSpec({ endpoints: [backend.endpoint] });
      await stage.apply(spec);
      const pairs: [Socket, Socket][] = [];
      for (let i = 0; i < CONNECTIONS; i++) {
        const client = await stage.open(spec);
        await eventually(() => backend.sockets.size === i + 1, 'the endpoint has it');
        const atBackend = [...backend.sockets][i];
        if (atBackend !== undefined) pairs.push(order(client, atBackend));
      }
      const before = heldBytes();
      for (const [writer] of pairs) pour(writer);
      await eventually(standsStill(pairs.map(([writer]) => writer)), 'all stand still');
      // What was garbage already may be counted for a moment yet.
      const isBounded = () => heldBytes() - before < CONNECTIONS * MAX_HELD;
      await eventually(isBounded, `no more than ${MAX_HELD} bytes are held for each`);

      let received = 0;
      for (const [, reader] of pairs) reader.on('data', (data) => (received += data.length));
      await eventually(() => received === CONNECTIONS * TOTAL, 'all has arrived');
      for (const [writer, reader] of pairs) for (const end of [writer, reader]) end.destroy();
    });
  }
});

// --- internal ---

/** Writes all there is, one chunk after the other, as fast as the kernel takes it. */
function pour(socket: Socket, left = TOTAL): void {
  if (left > 0) {
    socket.write(CHUNK, () => {
      pour(socket, left - CHUNK.length);
    });
  }
}

/** Whether nothing went on since the last look, and something had before. */
function standsStill(sockets: readonly Socket[]): () => boolean {
  let looks = 0;
  let before = 0;
  return () => {
    const written = sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
    looks = written === before && written > 0 ? looks + 1 : 0;
    before = written;
    return looks > 20;
  };
}

/** Bytes of buffers that are in use in this process, in which the proxy runs. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().arrayBuffers;
}
