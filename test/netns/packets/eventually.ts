/** Waiting for something that nobody announces. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once `holds` says so; looks ten times a second. Rejects with `what` when 10 s were not enough. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: () => string,
): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${LIMIT_MS} ms: ${what()}`);
    await sleep(LOOK_EVERY_MS);
  }
}

// --- internal ---

const LIMIT_MS = 10_000;
const LOOK_EVERY_MS = 100;
