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
 *
 * `scopeOf` tells intervals that must not overlap, not even between two commands of a transaction:
 * where something is added to a scope, removals from it come before everything else. `undefined`
 * means that the change is about no interval.
 */
export function orderByStage(
  changes: readonly ElementChange[],
  stageOf: (collection: string) => number,
  scopeOf: (change: ElementChange) => string | undefined,
): ElementChange[] {
  const upserts = changes.filter((change) => change.after !== undefined);
  const removals = changes.filter((change) => change.after === undefined);
  const growing = new Set(upserts.map(scopeOf).filter((scope) => scope !== undefined));
  const makesRoom = (change: ElementChange): boolean => growing.has(scopeOf(change) ?? '');
  return [
    ...removals.filter(makesRoom),
    ...upserts.sort((a, b) => stageOf(a.collection) - stageOf(b.collection)),
    ...removals
      .filter((change) => !makesRoom(change))
      .sort((a, b) => stageOf(b.collection) - stageOf(a.collection)),
  ];
}
