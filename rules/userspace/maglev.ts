/**
 * Maglev's table (Eisenbud et al., NSDI 2016, section 3.4): every endpoint has slots in equal number,
 * and when an endpoint goes, few slots but its own change hands.
 */
import { hashText } from './hash.ts';

/** How many slots a table has: a prime, 100 for each of 655 endpoints. */
export const SLOTS = 65_537;

/** For each slot the index of its endpoint. The ids are distinct, from 1 to `SLOTS` of them. */
export function maglevTable(ids: readonly string[]): Uint32Array {
  const positions = ids.map((id) => hashText(id, OFFSET_SEED) % SLOTS);
  const skips = ids.map((id) => (hashText(id, SKIP_SEED) % (SLOTS - 1)) + 1);
  const table = new Uint32Array(SLOTS).fill(FREE);
  let filled = 0;
  while (filled < SLOTS) {
    for (let index = 0; index < ids.length && filled < SLOTS; index++) {
      // Each takes the next free slot of its own permutation.
      const skip = skips[index] ?? 1;
      let position = positions[index] ?? 0;
      while (table[position] !== FREE) position = (position + skip) % SLOTS;
      table[position] = index;
      positions[index] = position;
      filled++;
    }
  }
  return table;
}

/** The slot of a client. */
export function slotOf(client: string): number {
  return hashText(client, CLIENT_SEED) % SLOTS;
}

// --- internal ---

const FREE = 0xffffffff;
const OFFSET_SEED = 1;
const SKIP_SEED = 2;
const CLIENT_SEED = 3;
