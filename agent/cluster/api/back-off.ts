/** How long to stay away after failures. */

/**
 * Milliseconds until the next try after this many failures in a row: one second at first, then ever
 * longer up to half a minute, less up to a half by chance, so that a thousand nodes do not come back
 * in one instant. What the server asks for counts instead, plus up to a half by chance.
 */
export function backOffMs(
  failures: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  if (retryAfterMs !== undefined) {
    return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) * (1 + random() / 2);
  }
  return Math.min(FIRST_MS * 2 ** (failures - 1), LAST_MS) * (1 - random() / 2);
}

/** The seconds that a Status object asks for, as milliseconds. */
export function retryAfterMsOf(seconds: unknown): number | undefined {
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined;
}

/**
 * What a Retry-After header asks for, in milliseconds from now (since the epoch): API servers write
 * seconds, a load balancer before them may write a date.
 */
export function retryAfterMsIn(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return retryAfterMsOf(Number(header));
  // `Date.parse` alone would take other text for a time in the machine's own zone.
  const waitMs = HTTP_DATE.test(header) ? Date.parse(header) - now : NaN;
  return waitMs > 0 ? waitMs : undefined;
}

// --- internal ---

const FIRST_MS = 1_000;
const LAST_MS = 30_000;

/** RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** Nobody can park the agent for longer: its view would grow old without need. */
const MAX_RETRY_AFTER_MS = 120_000;
