/**
 * The order in which changes are sent. A transaction is atomic, so for it any order would do; but a
 * transport that has to split one (behaviour of nft in a user namespace: "Message too long") stops
 * half-way if it fails, and then a connection must still never be sent to nothing. So whatever
 * something points at comes before it and goes after it.
 */
import type { ElementChange } from './element.ts';

/**
 * Orders changes by the stages of their collections, where higher stages point at lower ones:
 * additions and replacements from the lowest stage up, then removals from the highest down.
 * The order within a stage is kept.
 */
export function orderByStage(
  changes: readonly ElementChange[],
  stageOf: (collection: string) => number,
): ElementChange[] {
  const upserts = changes.filter((change) => change.after !== undefined);
  const removals = changes.filter((change) => change.after === undefined);
  return [
    ...upserts.sort((a, b) => stageOf(a.collection) - stageOf(b.collection)),
    ...removals.sort((a, b) => stageOf(b.collection) - stageOf(a.collection)),
  ];
}
