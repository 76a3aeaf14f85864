/** Resident memory, from /proc: the kernel keeps the high-water mark of each process itself. */
import { readdirSync, readFileSync } from 'node:fs';

/** Bytes that this process has had resident at most. */
export function ownPeakBytes(): number {
  return statusOf('self')?.peakBytes ?? 0;
}

/** What a process has in memory, in bytes. */
export interface Memory {
  readonly residentBytes: number;
  readonly peakBytes: number;
}

/** The memory of a running process. */
export function memoryOf(pid: number): Memory {
  return statusOf(String(pid)) ?? { residentBytes: 0, peakBytes: 0 };
}

/** What some work came to, and how large the programs of one name grew meanwhile. */
export interface Watched<T> {
  readonly result: T;
  readonly peakBytes: number;
}

/**
 * Does the work and watches every process of that name in this pid namespace. A mark is only lost
 * where a process grows in its last few milliseconds, and nft shrinks then.
 */
export async function watchPeakOf<T>(name: string, work: () => Promise<T>): Promise<Watched<T>> {
  let peakBytes = 0;
  const timer = setInterval(() => {
    for (const entry of readdirSync('/proc')) {
      const status = /^\d+$/.test(entry) ? statusOf(entry) : undefined;
      if (status?.name === name) peakBytes = Math.max(peakBytes, status.peakBytes);
    }
  }, INTERVAL_MS);
  try {
    return { result: await work(), peakBytes };
  } finally {
    clearInterval(timer);
  }
}

// --- internal ---

const INTERVAL_MS = 10;

interface ProcessStatus extends Memory {
  readonly name: string;
}

function statusOf(process: string): ProcessStatus | undefined {
  try {
    const text = readFileSync(`/proc/${process}/status`, 'utf8');
    const name = /^Name:\t(.*)$/m.exec(text)?.[1] ?? '';
    const bytesAt = (key: string): number =>
      Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
    return { name, residentBytes: bytesAt('VmRSS'), peakBytes: bytesAt('VmHWM') };
  } catch {
    return undefined; // It ended in between.
  }
}
