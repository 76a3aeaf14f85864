import { expect } from 'chai';
import fc from 'fast-check';
import {
  EMPTY_TREE,
  entriesOf,
  isBranch,
  sizeOf,
  withRule,
  type Tree,
  type TreeShape,
} from '../../../rules/iptables/tree.ts';

const SHAPE: TreeShape = { stride: 2, leafSize: 3 };
const KEY_BITS = 12;

describe('a tree of rules by key', () => {
  it('is the same whatever the order in which keys came and went', () => {
    fc.assert(
      fc.property(
        anyKeys,
        anyKeys,
        fc.array(fc.nat(), { minLength: 80 }),
        (kept, passing, order) => {
          const extra = passing.filter((key) => !kept.includes(key));
          const shuffled = [...kept, ...extra]
            .map((key, index) => ({ key, at: order[index] ?? 0 }))
            .sort((a, b) => a.at - b.at)
            .map(({ key }) => key);
          let tree = treeOf(shuffled);
          for (const key of extra) tree = withRule(tree, key, undefined, SHAPE);
          expect(tree).to.eql(treeOf(kept.toSorted()));
        },
      ),
    );
  });

  it('holds every rule, in the order of keys, and counts them', () => {
    fc.assert(
      fc.property(anyKeys, (keys) => {
        const tree = treeOf(keys);
        expect(entriesOf(tree).map(({ key }) => key)).to.eql(keys.toSorted());
        expect(sizeOf(tree)).to.equal(keys.length);
      }),
    );
  });

  it('has no list that is too long, and no branch with a single way or that could be a list', () => {
    fc.assert(
      fc.property(anyKeys, (keys) => {
        for (const tree of nodesOf(treeOf(keys))) {
          if (!isBranch(tree)) expect(tree.entries.length).to.be.at.most(SHAPE.leafSize);
          else {
            expect(tree.size).to.be.above(SHAPE.leafSize);
            expect(tree.children.size).to.be.within(2, 2 ** SHAPE.stride);
          }
        }
      }),
    );
  });

  it('keeps every part that a change is not about', () => {
    const keys = Array.from({ length: 200 }, (_, i) => keyOf(i * 20));
    const before = treeOf(keys);
    const after = withRule(before, keyOf(1), 'new', SHAPE);
    const old = new Set(nodesOf(before));
    const made = nodesOf(after).filter((node) => !old.has(node));
    expect(made.length).to.be.at.most(KEY_BITS / SHAPE.stride);
  });

  it('takes another rule at a key', () => {
    const tree = withRule(treeOf([keyOf(1)]), keyOf(1), 'other', SHAPE);
    expect(entriesOf(tree)).to.eql([{ key: keyOf(1), rule: 'other' }]);
  });

  it('does not mind losing what it does not have', () => {
    const keys = Array.from({ length: 10 }, (_, i) => keyOf(i));
    expect(withRule(treeOf(keys), keyOf(3000), undefined, SHAPE)).to.eql(treeOf(keys));
    expect(withRule(EMPTY_TREE, keyOf(1), undefined, SHAPE)).to.eql(EMPTY_TREE);
  });
});

// --- internal ---

const anyKeys = fc
  .uniqueArray(fc.nat(2 ** KEY_BITS - 1), { maxLength: 40 })
  .map((numbers) => numbers.map(keyOf));

function keyOf(number: number): string {
  return number.toString(2).padStart(KEY_BITS, '0');
}

function treeOf(keys: readonly string[]): Tree {
  let tree: Tree = EMPTY_TREE;
  for (const key of keys) tree = withRule(tree, key, `rule ${key}`, SHAPE);
  return tree;
}

function nodesOf(tree: Tree): Tree[] {
  return isBranch(tree) ? [tree, ...[...tree.children.values()].flatMap(nodesOf)] : [tree];
}
