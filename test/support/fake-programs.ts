/** Programs that stand in for nft, each bad in its own way: see test/fixtures/bin. */
import { fileURLToPath } from 'node:url';

/** The ways in which nft can behave. */
export type FakeNft =
  | 'crashing'
  | 'deaf'
  | 'failing'
  | 'garbage'
  | 'hanging'
  | 'killed'
  | 'mirror'
  | 'slow'
  | 'truncated';

/** The path of a program. */
export function fakeNft(kind: FakeNft): string {
  return fileURLToPath(new URL(`../fixtures/bin/nft-${kind}`, import.meta.url));
}
