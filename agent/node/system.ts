/** What preflight asks of the machine, besides nft: a seam, since a test cannot change its kernel. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';

/** A machine. */
export interface System {
  /** The kernel's release, `6.1.0-18-amd64`. */
  kernelRelease(): string;
  /** A sysctl's value by its path below /proc/sys, trimmed; `undefined` where there is none. */
  sysctl(path: string): string | undefined;
  /** An environment variable. */
  env(name: string): string | undefined;
}

/** The machine that we run on. */
export const SYSTEM: System = {
  kernelRelease: release,
  sysctl(path) {
    try {
      return readFileSync(`/proc/sys/${path}`, 'utf8').trim();
    } catch {
      return undefined;
    }
  },
  env: (name) => process.env[name],
};
