/** CPU time of a process and of the children that it waited for, from /proc. */
import { readFileSync } from 'node:fs';

/** Seconds, in the kernel and outside of it. */
export interface CpuTime {
  readonly own: number;
  /** Of all children that have ended. */
  readonly children: number;
}

/** What a running process has used until now, to a hundredth of a second. */
export function cpuTimeOf(pid: number): CpuTime {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may hold blanks and parentheses itself; proc(5) counts it as field 2.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const seconds = (field: number): number => Number(fields[field - 3]) / TICKS_PER_SECOND;
  return { own: seconds(14) + seconds(15), children: seconds(16) + seconds(17) };
}

// --- internal ---

/** USER_HZ: the same on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
