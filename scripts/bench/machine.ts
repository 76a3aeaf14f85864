/** Where and when figures were measured: without it they mean nothing. */
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

/** The machine that measured. */
export interface Machine {
  /** `2026-01-31`, UTC. */
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  /** `1.0.6`. */
  readonly nft: string;
  readonly node: string;
}

/** This machine, now. Throws when there is no nft. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    kernel: release(),
    nft: nftVersion(),
    node: process.versions.node,
  };
}

// --- internal ---

/** From `nftables v1.0.6 (Lester Gooch #5)`. */
function nftVersion(): string {
  const text = execFileSync('nft', ['--version'], { encoding: 'utf8' });
  return /v(\S+)/.exec(text)?.[1] ?? text.trim();
}
