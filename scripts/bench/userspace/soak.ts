/**
 * A million connections through the userspace proxy: `node scripts/bench/userspace/soak.ts [COUNT]`.
 * It prints what memory and descriptors do, and fails when they grow. Some minutes; in private
 * namespaces, as all benchmarks.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isPrivate, privateNamespaceObstacle, runPrivately } from '../../world/private.ts';
import { runAb } from './apache-bench.ts';
import { startCarrier, startEndpoint } from './carriers.ts';
import type { Child } from './child.ts';
import { FIRST_PORT } from './places.ts';

const DEFAULT_COUNT = 1_000_000;

/** Connections between two looks. */
const STEP = 50_000;

/** What memory may vary by: a garbage collection more or less. */
const MAX_GROWTH_BYTES = 16 * 2 ** 20;

const SETTLE_MS = 500;

process.exitCode = await main(process.argv.slice(2));

// --- internal ---

async function main(argv: readonly string[]): Promise<number> {
  const count = Number(argv[0] ?? DEFAULT_COUNT);
  if (!Number.isInteger(count) || count < 2 * STEP) {
    process.stderr.write(`expected a number of connections from ${2 * STEP}; got ${argv[0]}\n`);
    return 2;
  }
  if (isPrivate()) return soak(count);
  const obstacle = privateNamespaceObstacle();
  if (obstacle === undefined) return runPrivately([fileURLToPath(import.meta.url), ...argv]);
  process.stderr.write(`${obstacle}\n`);
  return 1;
}

async function soak(count: number): Promise<number> {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-soak-'));
  const endpoint = await startEndpoint(folder);
  const proxy = await startCarrier('switchyard', { tcpListeners: 1 }, folder);
  try {
    const looks: Look[] = [];
    for (let done = STEP; done <= count; done += STEP) {
      await runAb({ port: FIRST_PORT, path: '/', concurrency: 32, requests: STEP });
      await sleep(SETTLE_MS);
      const look = { bytes: proxy.residentBytes(), descriptors: descriptorsOf(proxy) };
      looks.push(look);
      const megabytes = (look.bytes / 2 ** 20).toFixed(1);
      process.stdout.write(`${done} connections: ${megabytes} MiB, ${look.descriptors} open\n`);
    }
    return judge(looks);
  } finally {
    await proxy.stop();
    await endpoint.stop();
    rmSync(folder, { recursive: true });
  }
}

interface Look {
  readonly bytes: number;
  readonly descriptors: number;
}

/** Against the second fifth: before that, the process still warms up. */
function judge(looks: readonly Look[]): number {
  const early = looks[Math.floor(looks.length / 5)];
  const last = looks.at(-1);
  if (early === undefined || last === undefined) return 1;
  const hasGrown =
    last.bytes - early.bytes > MAX_GROWTH_BYTES || last.descriptors > early.descriptors;
  process.stdout.write(hasGrown ? 'it has grown\n' : 'it has not grown\n');
  return hasGrown ? 1 : 0;
}

function descriptorsOf({ pid }: Child): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
