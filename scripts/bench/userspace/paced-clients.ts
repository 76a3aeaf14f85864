/** Clients in this process: some at a steady rate, with a stopwatch, and many that do nothing. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOOPBACK } from './places.ts';

/** How long each of so many short connections took from its beginning to its end, in milliseconds. */
export async function timeConnections(
  port: number,
  perSecond: number,
  count: number,
): Promise<number[]> {
  const times: number[] = [];
  const running: Promise<void>[] = [];
  await atSteadyRate(perSecond, count, () => {
    running.push(timeOne(port).then((ms) => void times.push(ms)));
  });
  await Promise.all(running);
  return times;
}

/** Calls so often, as evenly as a timer of a millisecond can. */
export async function atSteadyRate(
  perSecond: number,
  count: number,
  call: (index: number) => void,
): Promise<void> {
  const startedMs = performance.now();
  for (let done = 0; done < count;) {
    const due = Math.min(count, ((performance.now() - startedMs) / 1000) * perSecond);
    while (done < due) call(done++);
    await sleep(1);
  }
}

/** Opens so many connections and leaves them open. */
export async function openIdle(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(BATCH, count - sockets.length) }, () =>
      connect({ host: LOOPBACK, port }),
    );
    await Promise.all(batch.map((socket) => once(socket, 'connect')));
    for (const socket of batch) socket.on('error', () => undefined);
    sockets.push(...batch);
  }
  return sockets;
}

// --- internal ---

const BATCH = 100;

const REQUEST = `GET / HTTP/1.0\r\nX-Padding: ${'x'.repeat(970)}\r\n\r\n`;

async function timeOne(port: number): Promise<number> {
  const startedMs = performance.now();
  const socket = connect({ host: LOOPBACK, port, noDelay: true });
  socket.write(REQUEST);
  socket.resume();
  await once(socket, 'close');
  return performance.now() - startedMs;
}
