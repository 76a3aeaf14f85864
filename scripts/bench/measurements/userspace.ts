/** The userspace proxy beside haproxy and nginx, one process and one thread each, on loopback. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { descriptorLimit, socketsOf } from '../../../agent/userspace/system-limits.ts';
import { median, percentile } from '../statistics.ts';
import { runAb } from '../userspace/apache-bench.ts';
import { LARGE_BYTES, startCarrier, startEndpoint, STREAM_MODULE } from '../userspace/carriers.ts';
import { pinned, startChild, type Child } from '../userspace/child.ts';
import { countLost, measureRate, openClients, warmUp } from '../userspace/datagrams.ts';
import {
  CARRIERS,
  type Carrier,
  type ConnectionFigure,
  type DatagramFigure,
  type IdleFigure,
  type LatencyFigure,
  type ListenerFigure,
  type ThroughputFigure,
  type UserspaceFigures,
} from '../userspace/figures.ts';
import { openIdle, timeConnections } from '../userspace/paced-clients.ts';
import { ENDPOINT_PORT, FIRST_PORT, LOAD_CORE } from '../userspace/places.ts';

/** How much to measure. */
export interface UserspaceOptions {
  /** `smoke` only shows that everything can be measured. */
  readonly scale: 'whole' | 'quick' | 'smoke';
}

/** Measures in this network namespace, of which it needs the loopback interface only. */
export async function measureUserspace({ scale }: UserspaceOptions): Promise<UserspaceFigures> {
  const { carriers, missing } = findCarriers();
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  pinThisProcess();
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
  const endpoint = await startEndpoint(folder);
  const stage: Stage = { carriers, folder, scale: SCALES[scale] };
  try {
    const connections = await measureConnections(stage);
    const own = connections.find(({ carrier }) => carrier === 'switchyard')?.perSecond ?? 0;
    return {
      missing,
      connections,
      throughput: await measureThroughput(stage),
      latency: await measureLatency(stage, own / 4),
      idle: await measureIdle(stage),
      listeners: await measureListeners(stage),
      datagrams: await measureDatagrams(stage),
    };
  } finally {
    await endpoint.stop();
    rmSync(folder, { recursive: true });
  }
}

// --- internal ---

interface Scale {
  readonly rounds: number;
  readonly connections: number;
  readonly largeFiles: number;
  readonly timedConnections: number;
  readonly idle: number;
  readonly listeners: readonly number[];
  readonly udpClients: readonly number[];
  readonly udpSeconds: number;
}

const SCALES: Readonly<Record<UserspaceOptions['scale'], Scale>> = {
  whole: {
    rounds: 3,
    connections: 10_000,
    largeFiles: 32,
    timedConnections: 5_000,
    idle: 10_000,
    listeners: [1_000, 5_000],
    udpClients: [1, 10_000],
    udpSeconds: 3,
  },
  quick: {
    rounds: 1,
    connections: 3_000,
    largeFiles: 16,
    timedConnections: 1_000,
    idle: 1_000,
    listeners: [1_000],
    udpClients: [1, 500],
    udpSeconds: 1,
  },
  smoke: {
    rounds: 1,
    connections: 100,
    largeFiles: 16,
    timedConnections: 50,
    idle: 20,
    listeners: [10],
    udpClients: [2],
    udpSeconds: 0.2,
  },
};

interface Stage {
  readonly carriers: readonly Carrier[];
  readonly folder: string;
  readonly scale: Scale;
}

const UDP_ENDPOINT = fileURLToPath(new URL('../userspace/udp-endpoint.ts', import.meta.url));

/** Throws when there is nothing to measure with. */
function findCarriers(): { carriers: Carrier[]; missing: string[] } {
  if (!isOnPath('ab')) throw new Error('ab is missing: install the package apache2-utils');
  if (!isOnPath('nginx')) throw new Error('nginx, the endpoint, is missing: install nginx');
  const missing: string[] = [];
  if (!isOnPath('haproxy')) missing.push('haproxy: install the package haproxy');
  if (!existsSync(STREAM_MODULE)) missing.push('nginx: install the package libnginx-mod-stream');
  return {
    carriers: CARRIERS.filter((carrier) => !missing.some((it) => it.startsWith(carrier))),
    missing,
  };
}

function isOnPath(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** Its clients must not run on the carrier's core. */
function pinThisProcess(): void {
  const [program = '', ...args] = pinned(LOAD_CORE, []);
  if (program === 'taskset') execFileSync(program, ['-a', '-p', ...args, `${process.pid}`]);
}

async function withCarrier<T>(
  carrier: Carrier,
  { folder }: Stage,
  work: Parameters<typeof startCarrier>[1],
  measure: (child: Child) => Promise<T>,
): Promise<T> {
  const child = await startCarrier(carrier, work, folder);
  try {
    return await measure(child);
  } finally {
    await child.stop();
  }
}

const ONE_LISTENER = { tcpListeners: 1 };

/** A figure for each carrier, one after the other. */
async function forEachCarrier<T>(
  { carriers }: Stage,
  measure: (carrier: Carrier) => Promise<T>,
): Promise<T[]> {
  const figures: T[] = [];
  for (const carrier of carriers) figures.push(await measure(carrier));
  return figures;
}

function measureConnections(stage: Stage): Promise<ConnectionFigure[]> {
  const { rounds, connections } = stage.scale;
  const load = { port: FIRST_PORT, path: '/', concurrency: 32, requests: connections };
  return forEachCarrier(stage, (carrier) =>
    withCarrier(carrier, stage, ONE_LISTENER, async (child) => {
      // The first thousands warm up what is compiled while it runs.
      await runAb(load);
      const rates: number[] = [];
      const before = child.cpu();
      for (let round = 0; round < rounds; round++) {
        const { seconds, requests } = await runAb(load);
        rates.push(requests / seconds);
      }
      const after = child.cpu();
      const user = after.userSeconds - before.userSeconds;
      const system = after.systemSeconds - before.systemSeconds;
      const count = (rounds * connections) / 1e6;
      return {
        carrier,
        perSecond: median(rates),
        cpuMicroseconds: (user + system) / count,
        userMicroseconds: user / count,
      };
    }),
  );
}

function measureThroughput(stage: Stage): Promise<ThroughputFigure[]> {
  const { largeFiles } = stage.scale;
  const load = { port: FIRST_PORT, path: '/large', concurrency: 16, requests: largeFiles };
  return forEachCarrier(stage, (carrier) =>
    withCarrier(carrier, stage, ONE_LISTENER, async (child) => {
      await runAb({ ...load, requests: 16 });
      const before = child.cpu();
      const { seconds } = await runAb(load);
      const after = child.cpu();
      const cpuSeconds =
        after.userSeconds + after.systemSeconds - before.userSeconds - before.systemSeconds;
      const bytes = largeFiles * LARGE_BYTES;
      return {
        carrier,
        bytesPerSecond: bytes / seconds,
        cpuSecondsPerGiB: cpuSeconds / (bytes / 2 ** 30),
      };
    }),
  );
}

async function measureLatency(stage: Stage, perSecond: number): Promise<LatencyFigure[]> {
  const count = stage.scale.timedConnections;
  const time = async (port: number): Promise<{ p50: number; p99: number }> => {
    await timeConnections(port, perSecond, Math.ceil(count / 5));
    const times = await timeConnections(port, perSecond, count);
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  };
  const direct = await time(ENDPOINT_PORT);
  return forEachCarrier(stage, (carrier) =>
    withCarrier(carrier, stage, ONE_LISTENER, async () => {
      const { p50, p99 } = await time(FIRST_PORT);
      return { carrier, perSecond, addedP50: p50 - direct.p50, addedP99: p99 - direct.p99 };
    }),
  );
}

function measureIdle(stage: Stage): Promise<IdleFigure[]> {
  // A connection takes two of the carrier's descriptors.
  const limit = socketsOf(descriptorLimit(readFileSync('/proc/self/limits', 'utf8')));
  const count = Math.min(stage.scale.idle, Math.floor(limit / 2) - 50);
  return forEachCarrier(stage, (carrier) =>
    withCarrier(carrier, stage, ONE_LISTENER, async (child) => {
      await sleep(SETTLE_MS);
      const emptyBytes = child.residentBytes();
      const sockets = await openIdle(FIRST_PORT, count);
      await sleep(SETTLE_MS);
      const fullBytes = child.residentBytes();
      for (const socket of sockets) socket.destroy();
      return { carrier, connections: count, emptyBytes, fullBytes };
    }),
  );
}

const SETTLE_MS = 1_000;

async function measureListeners(stage: Stage): Promise<ListenerFigure[]> {
  const figures: ListenerFigure[] = [];
  for (const listeners of stage.scale.listeners) {
    const startedOnes = await forEachCarrier(stage, (carrier) => {
      const startedMs = performance.now();
      return withCarrier(carrier, stage, { tcpListeners: listeners }, (child) => {
        const seconds = (performance.now() - startedMs) / 1000;
        return Promise.resolve({ carrier, listeners, seconds, bytes: child.residentBytes() });
      });
    });
    figures.push(...startedOnes);
  }
  return figures;
}

async function measureDatagrams(stage: Stage): Promise<DatagramFigure[]> {
  const { udpClients, udpSeconds } = stage.scale;
  // haproxy has no UDP.
  const carriers = stage.carriers.filter((carrier) => carrier !== 'haproxy');
  const endpoint = startChild(LOAD_CORE, [process.execPath, UDP_ENDPOINT]);
  const figures: DatagramFigure[] = [];
  try {
    for (const count of udpClients) {
      const ofCarriers = await forEachCarrier({ ...stage, carriers }, (carrier) =>
        withCarrier(carrier, stage, { isUdp: true }, (child) =>
          measureFlows(carrier, child, count, udpSeconds),
        ),
      );
      figures.push(...ofCarriers);
    }
  } finally {
    await endpoint.stop();
  }
  return figures;
}

async function measureFlows(
  carrier: Carrier,
  child: Child,
  count: number,
  seconds: number,
): Promise<DatagramFigure> {
  const clients = await openClients(count);
  try {
    await warmUp(clients);
    const before = child.cpu();
    const perSecond = await measureRate(clients, seconds);
    const after = child.cpu();
    const cpuSeconds =
      after.userSeconds + after.systemSeconds - before.userSeconds - before.systemSeconds;
    const sent = Math.round((perSecond / 4) * seconds);
    const lost = await countLost(clients, perSecond / 4, sent);
    const cpuMicroseconds = (cpuSeconds * 1e6) / (perSecond * seconds);
    return { carrier, clients: count, perSecond, cpuMicroseconds, sent, lost };
  } finally {
    clients.close();
  }
}
