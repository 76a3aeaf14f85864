/** Load of HTTP requests, one connection each, by `ab` of Apache: one thread, and little CPU time. */
import { execa } from 'execa';
import { pinned } from './child.ts';
import { LOAD_CORE, LOOPBACK } from './places.ts';

/** What to ask for, and how. */
export interface AbLoad {
  readonly port: number;
  readonly path: string;
  /** Connections at a time. */
  readonly concurrency: number;
  /** How many in all. */
  readonly requests: number;
}

/** What came of it. */
export interface AbResult {
  readonly seconds: number;
  readonly requests: number;
  readonly bytes: number;
}

/** Runs a load to its end; rejects when a request failed. */
export async function runAb({ port, path, concurrency, requests }: AbLoad): Promise<AbResult> {
  const command = pinned(LOAD_CORE, [
    'ab',
    '-q',
    '-r',
    ...['-c', `${concurrency}`],
    ...['-n', `${requests}`],
    ...['-s', '30'],
    ...['-H', `X-Padding: ${'x'.repeat(900)}`],
    `http://${LOOPBACK}:${port}${path}`,
  ]);
  const [program = '', ...args] = command;
  const { stdout } = await execa(program, args, { timeout: MAX_MS });
  const failed = numberIn(stdout, /^Failed requests: +(\d+)$/m);
  if (failed > 0) throw new Error(`${failed} of ${requests} requests to port ${port} failed`);
  return {
    seconds: numberIn(stdout, /^Time taken for tests: +([\d.]+) seconds$/m),
    requests: numberIn(stdout, /^Complete requests: +(\d+)$/m),
    bytes: numberIn(stdout, /^Total transferred: +(\d+) bytes$/m),
  };
}

// --- internal ---

const MAX_MS = 300_000;

function numberIn(text: string, pattern: RegExp): number {
  const value = Number(pattern.exec(text)?.[1]);
  if (Number.isNaN(value)) throw new Error(`ab said something else than ${pattern.source}`);
  return value;
}
