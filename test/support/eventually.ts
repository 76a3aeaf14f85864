/** Waiting for something that nobody announces. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Resolves once `holds` says so; looks again and again. Rejects with `what` when the limit was not enough,
 * or else with the text of `holds`.
 */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string) = () => String(holds),
  limitMs = LIMIT_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      throw new Error(`not within ${limitMs} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

// --- internal ---

const LIMIT_MS = 10_000;
const LOOK_EVERY_MS = 20;
