/**
 * What another mode has left on this node: rules of before the mode was changed. They go once those
 * of this mode are in place, so that at no time there are none; connections stay translated by what
 * the kernel knows of them.
 */
import { KernelError } from '../kernel/kernel-error.ts';
import type { Logger } from '../log.ts';
import type { Mode } from './mode.ts';

/**
 * Removes what other modes, and this one in another way, have left. Answers whether that is done:
 * false means that something could not be removed, was said, and may be tried again.
 */
export async function removeLeftovers(
  mode: Pick<Mode, 'removeLeftovers' | 'ruledBy'>,
  others: readonly Pick<Mode, 'name' | 'cleanUp'>[],
  log: Logger,
): Promise<boolean> {
  const ruledBy = mode.ruledBy?.();
  const strangers = others.filter(({ name }) => name !== ruledBy);
  const removals = [
    ...strangers.map(({ name, cleanUp }) => ({ name: `${name} mode`, remove: cleanUp })),
    { name: 'this mode', remove: async () => (await mode.removeLeftovers?.()) ?? [] },
  ];
  let isDone = true;
  for (const { name, remove } of removals) {
    try {
      for (const { isRemoved, line } of await remove()) {
        if (isRemoved) log.info({ was: line }, `leftovers of ${name}`);
      }
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      // Without its tool a mode has left nothing, or nobody here can tell.
      if (MISSING.includes(error.code)) continue;
      log.warn({ error: error.message }, `leftovers of ${name} could not be removed`);
      if (!LASTING.includes(error.code)) isDone = false;
    }
  }
  return isDone;
}

// --- internal ---

const MISSING: readonly KernelError['code'][] = ['nft-missing', 'iptables-missing'];

/** What does not pass: legacy iptables wants CAP_NET_RAW, and somebody's rules of nftables stay in a table. */
const LASTING: readonly KernelError['code'][] = ['not-permitted', 'unreadable'];
