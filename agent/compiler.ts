/** V8's compilers, as far as a program has to mind them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';

/**
 * Resolves when no function is being compiled by Maglev any more, and none will be: for the end of a
 * program. Node 22 to 26 may hang forever when they end in the middle of that: the compiling thread
 * waits for a garbage collection by the main thread, which waits for that thread to end
 * (nodejs/node#54918, #64274). A `cleanup` in an init container would then hold up its pod.
 */
export async function settleCompiler(): Promise<void> {
  setFlagsFromString('--no-maglev');
  // Nothing tells when the last one is ready. Most take less than a millisecond, none was seen to take
  // twenty; and while this thread sleeps, it does what the others ask of it.
  await sleep(SETTLE_MS);
}

// --- internal ---

const SETTLE_MS = 50;
