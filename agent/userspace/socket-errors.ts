/** What errors of sockets mean: the only place that looks at their codes. */
import type { Resource } from './interface.ts';

/** The code of a system error, `ECONNREFUSED`; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** What had run out; `undefined` when the error means something else. */
export function exhaustedBy(error: unknown): Resource | undefined {
  switch (codeOf(error)) {
    case 'EMFILE':
    case 'ENFILE':
      return 'descriptors';
    case 'EADDRNOTAVAIL':
    case 'EAGAIN':
      return 'ports';
    case 'ENOBUFS':
    case 'ENOMEM':
      return 'memory';
    default:
      return undefined;
  }
}

/** Whether somebody else listens there. */
export function isAddressInUse(error: unknown): boolean {
  return codeOf(error) === 'EADDRINUSE';
}
