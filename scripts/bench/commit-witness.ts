/**
 * An independent witness of commits. The end of nft is none: after a transaction that deletes
 * something, nft waits some 15 ms in close(2) for the kernel to free it (kernel 6.18: an RCU grace
 * period), while packets have long met the new rules.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** Somebody who sees every commit in this network namespace. */
export interface CommitWitness {
  /**
   * Waits until this many commits were seen that nobody took before, and takes them: when each was,
   * as `performance.now()` has it. Rejects when they do not come within 10 s.
   */
  take(count: number): Promise<number[]>;
}

/** Does the work while `nft monitor` watches, which misses nothing from the start of the work on. */
export async function withWitness<T>(work: (witness: CommitWitness) => Promise<T>): Promise<T> {
  const monitor = execa('nft', ['monitor'], { stdin: 'ignore', buffer: false, reject: false });
  const lines = createInterface({ input: monitor.stdout });
  const seenMs: number[] = [];
  lines.on('line', (line) => {
    if (line.startsWith('# new generation ')) seenMs.push(performance.now());
  });
  const ended = new AbortController();
  lines.once('close', () => {
    ended.abort();
  });
  try {
    // First it reads the whole ruleset, then it begins to listen.
    while (!isAnyoneListening()) {
      await sleep(POLL_MS, undefined, { signal: ended.signal });
    }
    return await work({
      async take(count) {
        const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(PATIENCE_MS)]);
        while (seenMs.length < count) await once(lines, 'line', { signal });
        return seenMs.splice(0, count);
      },
    });
  } finally {
    monitor.kill();
    await monitor;
  }
}

// --- internal ---

const POLL_MS = 10;
const PATIENCE_MS = 10_000;

/** As the kernel numbers the protocols of netlink sockets. */
const NETLINK_NETFILTER = '12';

/** Whether a netfilter socket has joined a group: rows of `sk Eth Pid Groups ...`. */
function isAnyoneListening(): boolean {
  const rows = readFileSync('/proc/net/netlink', 'utf8').trim().split('\n').slice(1);
  return rows.some((row) => {
    const [, protocol, , groups] = row.split(/\s+/);
    return protocol === NETLINK_NETFILTER && groups !== '00000000';
  });
}
