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

/** The seconds of a Retry-After header or of a Status object as milliseconds; dates do not count. */
export function retryAfterMsOf(seconds: unknown): number | undefined {
  const number = typeof seconds === 'string' && /^\d{1,9}$/.test(seconds) ? +seconds : seconds;
  return typeof number === 'number' && number > 0 ? number * 1000 : undefined;
}

// --- internal ---

const FIRST_MS = 1_000;
const LAST_MS = 30_000;

/** Nobody can park the agent for longer: its view would grow old without need. */
const MAX_RETRY_AFTER_MS = 120_000;
