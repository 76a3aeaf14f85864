/**
 * Sends the first packets of UDP flows and measures how long each takes to its pod: `node probe.ts`,
 * with options as JSON on standard input and the times on standard output. All namespaces are of one
 * kernel, which carries a packet over veth to its end within the sender's own system call: no other
 * process has to wake up, and the time of `send` is that of the way, with some microseconds for Node.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** What to send. */
export interface ProbeOptions {
  /** Destinations, to be chosen from in an order that looks random and is always the same. */
  readonly ips: readonly string[];
  readonly port: number;
  readonly flows: number;
}

// --- internal ---

/** How many sockets are open at a time. */
const BATCH = 100;

/** The first flows run code that was never run before, and look for neighbours: they do not count. */
const WARM_UP_FLOWS = 500;

/** The way of each first packet, in microseconds. */
async function probe({ ips, port, flows }: ProbeOptions): Promise<number[]> {
  const times: number[] = [];
  const nextIp = chooser(ips);
  while (times.length < flows + WARM_UP_FLOWS) {
    const destinations = Array.from({ length: BATCH }, nextIp);
    const sockets = await Promise.all(destinations.map((ip) => openFlow(ip, port)));
    for (const socket of sockets) {
      const startedNs = process.hrtime.bigint();
      socket.send(PAYLOAD);
      times.push(Number(process.hrtime.bigint() - startedNs) / 1000);
    }
    for (const socket of sockets) socket.close();
  }
  return times.slice(WARM_UP_FLOWS, WARM_UP_FLOWS + flows);
}

const PAYLOAD = Buffer.from('.');

/** A socket with a port of its own. Connected, so that sending looks nothing up. */
async function openFlow(ip: string, port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.connect(port, ip);
  await once(socket, 'connect');
  return socket;
}

/** Numerical Recipes' linear congruential generator. */
function chooser(ips: readonly string[]): () => string {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ips[Math.floor((state / 2 ** 32) * ips.length)] ?? '';
  };
}

if (import.meta.main) {
  const times = await probe(JSON.parse(readFileSync(0, 'utf8')) as ProbeOptions);
  process.stdout.write(JSON.stringify(times));
}
