/** Waits for what comes by itself, as long as it takes. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves as soon as the claim holds; rejects after some seconds, with what it was about. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`it never came to this: ${what}`);
    await sleep(POLL_MS);
  }
}

// --- internal ---

const PATIENCE_MS = 10_000;
const POLL_MS = 5;
