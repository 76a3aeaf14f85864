/** Syncs as a proxy tells of them, and a clock that a test moves. */
import type { IpFamily } from '../../../rules/ip.ts';
import type { FamilySync } from '../../../agent/proxy-observer.ts';

/** A sync of this family; a successful, partial one unless fields say otherwise. */
export function syncOf(family: IpFamily, fields: Partial<FamilySync> = {}): FamilySync {
  return { family, elapsedMs: 1, isFull: false, error: undefined, triggeredAtMs: [], ...fields };
}

/** When the tests' clocks begin: 2026-11-21T10:00:00Z. */
export const BEGINNING_MS = Date.UTC(2026, 10, 21, 10);

/** A clock that stands still until it is moved. */
export function manualClock() {
  let nowMs = BEGINNING_MS;
  return {
    now: () => nowMs,
    pass: (ms: number): void => {
      nowMs += ms;
    },
  };
}
