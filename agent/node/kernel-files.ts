/** Small files of the kernel's, below /proc and /sys: a seam, since a test must not change its machine. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Both throw as node:fs does. */
export interface KernelFiles {
  /** The content, trimmed. */
  read(path: string): string;
  write(path: string, content: string): void;
}

/** Those of this machine. */
export const KERNEL_FILES: KernelFiles = {
  read: (path) => readFileSync(path, 'utf8').trim(),
  write: writeFileSync,
};
