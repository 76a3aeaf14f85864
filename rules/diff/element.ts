/**
 * Elements: the data of a table. A set or map is a collection of elements by key; everything that
 * distinguishes one cluster from another is in them.
 */

/** One element of a set or map, in nft's own notation. */
export interface Element {
  /** The set or map that holds it. */
  readonly collection: string;
  /** `10.96.0.10 . tcp . 80`: unique in its collection. */
  readonly key: string;
  /** What a map holds at the key, `goto endpoints-3`; empty in a set. */
  readonly value: string;
  /** For people who read the kernel's ruleset; empty when there is none. */
  readonly comment: string;
}

/** One element that has to appear (`before` absent), disappear (`after` absent) or be replaced. */
export interface ElementChange {
  readonly collection: string;
  readonly key: string;
  readonly before: Element | undefined;
  readonly after: Element | undefined;
}

/** How many elements appear, get another value, disappear. */
export interface ChangeCounts {
  readonly added: number;
  readonly replaced: number;
  readonly removed: number;
}

/** Everything that collections hold: by collection, by key. */
export type Contents = ReadonlyMap<string, ReadonlyMap<string, Element>>;

/** Whether two elements (or absences) at the same key are the same to the kernel and to its reader. */
export function sameElement(a: Element | undefined, b: Element | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.value === b.value && a.comment === b.comment;
}

/** How many elements changes add, replace and remove. */
export function countChanges(changes: readonly ElementChange[]): ChangeCounts {
  const counts = { added: 0, replaced: 0, removed: 0 };
  for (const { before, after } of changes) {
    if (before === undefined) counts.added += 1;
    else if (after === undefined) counts.removed += 1;
    else counts.replaced += 1;
  }
  return counts;
}

/** What turns `previous` into `desired`, in canonical order. Costs a look at every element of both. */
export function diffContents(previous: Contents, desired: Contents): ElementChange[] {
  const changes: ElementChange[] = [];
  for (const collection of new Set([...previous.keys(), ...desired.keys()])) {
    const before = previous.get(collection) ?? NOTHING;
    const after = desired.get(collection) ?? NOTHING;
    for (const [key, element] of before) {
      if (!sameElement(element, after.get(key))) {
        changes.push({ collection, key, before: element, after: after.get(key) });
      }
    }
    for (const [key, element] of after) {
      if (!before.has(key)) changes.push({ collection, key, before: undefined, after: element });
    }
  }
  return changes.sort(compareChanges);
}

/** Canonical order: by collection, then by key, byte by byte. */
export function compareChanges(a: ElementChange, b: ElementChange): number {
  if (a.collection !== b.collection) return a.collection < b.collection ? -1 : 1;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

// --- internal ---

const NOTHING: ReadonlyMap<string, Element> = new Map();
