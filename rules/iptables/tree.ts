/**
 * A search tree of rules by key, where keys are text of zeros and ones of one length. Equal keys give
 * equal trees, whatever the order in which they came and went; a change makes new nodes along its
 * own path and leaves all others as they are. Few rules are a list, more are split by the next bits
 * of their keys.
 */

/** A rule at a key. */
export interface Entry {
  readonly key: string;
  readonly rule: string;
}

/** A node: either a short list, or a way to go on. */
export type Tree = Leaf | Branch;

/** Sorted by key. */
export interface Leaf {
  readonly entries: readonly Entry[];
}

/** Entries that begin alike, by what their keys go on with. */
export interface Branch {
  /** What all keys begin with. */
  readonly prefix: string;
  readonly size: number;
  /** By the prefix and the next bits: what the keys of this part begin with at least; sorted. */
  readonly children: ReadonlyMap<string, Tree>;
}

/** How the tree is shaped. */
export interface TreeShape {
  /** How many bits of a key one branch looks at. */
  readonly stride: number;
  /** The longest list: more entries are split. */
  readonly leafSize: number;
}

/** The tree without entries. */
export const EMPTY_TREE: Leaf = { entries: [] };

/** Whether a node goes on. */
export function isBranch(tree: Tree): tree is Branch {
  return 'children' in tree;
}

/** How many entries there are. */
export function sizeOf(tree: Tree): number {
  return isBranch(tree) ? tree.size : tree.entries.length;
}

/** Every entry, sorted by key. */
export function entriesOf(tree: Tree): readonly Entry[] {
  return isBranch(tree) ? [...tree.children.values()].flatMap(entriesOf) : tree.entries;
}

/** The tree with this rule at the key, or with none. */
export function withRule(
  tree: Tree,
  key: string,
  rule: string | undefined,
  shape: TreeShape,
): Tree {
  if (!isBranch(tree)) {
    const others = tree.entries.filter((entry) => entry.key !== key);
    const entries = rule === undefined ? others : sorted([...others, { key, rule }]);
    return entries.length > shape.leafSize ? split(entries, shape) : { entries };
  }
  if (!key.startsWith(tree.prefix)) {
    return rule === undefined ? tree : fork(tree, { key, rule }, shape);
  }
  const slot = key.slice(0, tree.prefix.length + shape.stride);
  const before = tree.children.get(slot) ?? EMPTY_TREE;
  const after = withRule(before, key, rule, shape);
  return after === before ? tree : withChild(tree, slot, after, shape);
}

// --- internal ---

/** One level for a list that has become too long; its parts may be too long themselves. */
function split(entries: readonly Entry[], shape: TreeShape): Branch {
  const prefix = commonPrefix(entries[0]?.key ?? '', entries.at(-1)?.key ?? '', shape);
  const parts = Map.groupBy(entries, ({ key }) => key.slice(0, prefix.length + shape.stride));
  const children = [...parts].map(([slot, part]): [string, Tree] => [
    slot,
    part.length > shape.leafSize ? split(part, shape) : { entries: part },
  ]);
  return { prefix, size: entries.length, children: new Map(children) };
}

/** A branch above one whose keys do not begin like the newcomer's. */
function fork(tree: Branch, entry: Entry, shape: TreeShape): Branch {
  const prefix = commonPrefix(tree.prefix, entry.key, shape);
  const slotOf = (text: string): string => text.slice(0, prefix.length + shape.stride);
  const children: [string, Tree][] = [
    [slotOf(tree.prefix), tree],
    [slotOf(entry.key), { entries: [entry] }],
  ];
  return { prefix, size: tree.size + 1, children: new Map(children.sort(bySlot)) };
}

function withChild(tree: Branch, slot: string, child: Tree, shape: TreeShape): Tree {
  const children = new Map(tree.children).set(slot, child);
  if (sizeOf(child) === 0) children.delete(slot);
  const size = tree.size - sizeOf(tree.children.get(slot) ?? EMPTY_TREE) + sizeOf(child);
  const changed = { prefix: tree.prefix, size, children: new Map([...children].sort(bySlot)) };
  if (size <= shape.leafSize) return { entries: entriesOf(changed) };
  const [only] = children.values();
  // Too many for a list, so if one part is left it is a branch, and nothing is to be decided here.
  return children.size === 1 && only !== undefined ? only : changed;
}

/** What both begin with, in whole strides. */
function commonPrefix(a: string, b: string, { stride }: TreeShape): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return a.slice(0, length - (length % stride));
}

function sorted(entries: Entry[]): Entry[] {
  return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function bySlot([a]: readonly [string, Tree], [b]: readonly [string, Tree]): number {
  return a < b ? -1 : 1;
}
