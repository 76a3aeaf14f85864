/** Pieces of what `nft list` prints. */
import type { Command } from '../../rules/nftables-json/index.ts';

/** How much there is in a listed ruleset. */
export interface RulesetSize {
  /** Chains and rules, sets and maps: what a table is made of. */
  readonly chains: number;
  readonly rules: number;
  readonly sets: number;
  /** What is in the sets and maps. */
  readonly elements: number;
}

/** The elements of a listed set or map, each as nft writes it. */
export function elementLines(listing: string): string[] {
  const [, block = ''] = /elements = \{([^}]*)\}/.exec(listing) ?? [];
  return block
    .split(/,\s/)
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

/** The rules of a listed chain, each as nft writes it. */
export function ruleLines(listing: string): string[] {
  const [, block = ''] = /chain \S+ \{\n([^]*?)\n\t\}/.exec(listing) ?? [];
  return block.split('\n').map((rule) => rule.trim());
}

/** Counts what `nft -j list` printed. */
export function sizeOf(objects: readonly Command[]): RulesetSize {
  const sets = objects.flatMap((object) =>
    'set' in object ? [object.set] : 'map' in object ? [object.map] : [],
  );
  return {
    chains: objects.filter((object) => 'chain' in object).length,
    rules: objects.filter((object) => 'rule' in object).length,
    sets: sets.length,
    elements: sets.reduce((sum, { elem = [] }) => sum + elem.length, 0),
  };
}
