/** Clients that send datagrams, and wait for as many in return. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { FIRST_PORT, LOOPBACK } from './places.ts';
import { atSteadyRate } from './paced-clients.ts';

/** Sockets of clients, and a count of what they have got. */
export interface DatagramClients {
  readonly sockets: readonly Socket[];
  readonly answers: () => number;
  close(): void;
}

/** Opens so many clients, each connected to the carrier. */
export async function openClients(count: number): Promise<DatagramClients> {
  let answers = 0;
  const onMessage = (): void => {
    answers += 1;
  };
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = createSocket('udp4');
    socket.on('message', onMessage).on('error', () => undefined);
    socket.connect(FIRST_PORT, LOOPBACK);
    await once(socket, 'connect');
    sockets.push(socket);
  }
  return {
    sockets,
    answers: () => answers,
    close() {
      for (const socket of sockets) socket.close();
    },
  };
}

/** Lets every client have a flow, at a gentle rate; rejects when half a minute is not enough for that. */
export async function warmUp({ sockets, answers }: DatagramClients): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (const socket of sockets) {
    const before = answers();
    while (answers() === before) {
      if (performance.now() > deadline) throw new Error('datagrams had no answer');
      socket.send(QUESTION);
      for (let wait = 0; wait < 20 && answers() === before; wait++) await sleep(0);
    }
  }
  await sleep(SETTLE_MS);
}

/** Answers a second while a window of so many questions is kept open, in turn by all clients. */
export async function measureRate(
  { sockets, answers }: DatagramClients,
  seconds: number,
): Promise<number> {
  const before = answers();
  const startedMs = performance.now();
  let sent = 0;
  let answered = 0;
  let movedMs = startedMs;
  while (performance.now() - startedMs < seconds * 1000) {
    if (answers() - before !== answered) movedMs = performance.now();
    answered = answers() - before;
    // What is lost must not stay in the window for good.
    if (performance.now() - movedMs > LOST_MS) [sent, movedMs] = [answered, performance.now()];
    while (sent - answered < WINDOW) sockets[sent++ % sockets.length]?.send(QUESTION);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const rate = (answers() - before) / ((performance.now() - startedMs) / 1000);
  await sleep(SETTLE_MS);
  return rate;
}

/** Sends at a steady rate, and answers how many had no answer. */
export async function countLost(
  { sockets, answers }: DatagramClients,
  perSecond: number,
  count: number,
): Promise<number> {
  const before = answers();
  await atSteadyRate(perSecond, count, (i) => {
    sockets[i % sockets.length]?.send(QUESTION);
  });
  await sleep(SETTLE_MS);
  return count - (answers() - before);
}

// --- internal ---

const QUESTION = Buffer.alloc(64, 'x');

/** Questions without an answer at a time. */
const WINDOW = 64;

const LOST_MS = 100;
const SETTLE_MS = 300;
const PATIENCE_MS = 30_000;
