/** What all listeners of one proxy share. */
import type { Admission } from './admission.ts';
import type { Deadlines } from './deadlines.ts';
import type { ProxyLimits } from './limits.ts';

/** The common parts. */
export interface Common {
  readonly limits: ProxyLimits;
  readonly admission: Admission;
  readonly deadlines: Deadlines;
  /** Milliseconds on a clock that is never set. */
  readonly now: () => number;
  /** From 0 up to, but not, 1. */
  readonly random: () => number;
}
