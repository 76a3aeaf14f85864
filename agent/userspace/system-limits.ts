/** How many descriptors and how much memory this process may have. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { DEFAULT_LIMITS, type ProxyLimits } from './limits.ts';

/** The default limits, on this machine. */
export function systemLimits(): ProxyLimits {
  return {
    ...DEFAULT_LIMITS,
    maxSockets: socketsOf(descriptorLimit(readFileSync('/proc/self/limits', 'utf8'))),
    maxMemoryBytes: memoryLimit() * MEMORY_SHARE,
  };
}

/** The soft limit that a text as that of `/proc/self/limits` names. */
export function descriptorLimit(text: string): number {
  const soft = /^Max open files +(\d+|unlimited) /m.exec(text)?.[1] ?? 'unlimited';
  return soft === 'unlimited' ? Infinity : Number(soft);
}

/** How many of all descriptors may be the proxy's sockets: the agent needs some for other work. */
export function socketsOf(descriptors: number): number {
  const reserve = Math.min(Math.max(descriptors / 8, MIN_RESERVE), MAX_RESERVE);
  return Math.max(descriptors - Math.ceil(reserve), 0);
}

// --- internal ---

/** Node itself has some 25 open, a sync with nft, the API server's watches and probes a few dozen more. */
const MIN_RESERVE = 64;
const MAX_RESERVE = 1_024;

const MEMORY_SHARE = 0.85;

/** The container's limit, or what the machine has. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}
