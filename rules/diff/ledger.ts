/**
 * The ledger: which elements are wanted, by how many claims, and which of them the kernel does not
 * hold yet. Its cost is that of the change: claiming and releasing remember what they touched, and
 * only that is compared when a transaction is made.
 */
import {
  compareChanges,
  sameElement,
  type Contents,
  type Element,
  type ElementChange,
} from './element.ts';

/** Counts claims to elements and knows how the wanted contents differ from what was last applied. */
export class Ledger {
  readonly #wanted = new Map<string, Map<string, Element>>();
  /** Claims beyond the first, by collection and key: most elements have exactly one. */
  readonly #extraClaims = new Map<string, Map<string, number>>();
  /** What is applied at each key that was touched since the last commit. */
  #touched = new Map<string, Map<string, Element | undefined>>();

  /**
   * Claims an element. Claims to the same key count up if they agree; a claim that disagrees with
   * the element already there is refused (`false`) and must not be released.
   */
  claim(element: Element): boolean {
    const { collection, key } = element;
    const elements = childOf(this.#wanted, collection);
    const current = elements.get(key);
    if (current === undefined) {
      this.#touch(collection, key, undefined);
      elements.set(key, element);
      return true;
    }
    if (!sameElement(current, element)) return false;
    const claims = childOf(this.#extraClaims, collection);
    claims.set(key, (claims.get(key) ?? 0) + 1);
    return true;
  }

  /** Takes one claim back; the element goes with its last one. Throws when there is no claim. */
  release({ collection, key }: Element): void {
    const elements = childOf(this.#wanted, collection);
    const current = elements.get(key);
    if (current === undefined)
      throw new Error(`released without a claim: ${collection} { ${key} }`);
    const claims = childOf(this.#extraClaims, collection);
    const extra = claims.get(key) ?? 0;
    if (extra > 1) claims.set(key, extra - 1);
    else if (extra === 1) claims.delete(key);
    else {
      this.#touch(collection, key, current);
      elements.delete(key);
    }
  }

  /** What the kernel lacks or has too much, in canonical order. */
  pending(): ElementChange[] {
    const changes: ElementChange[] = [];
    for (const [collection, keys] of this.#touched) {
      const elements = this.#wanted.get(collection);
      for (const [key, before] of keys) {
        const after = elements?.get(key);
        if (!sameElement(before, after)) changes.push({ collection, key, before, after });
      }
    }
    return changes.sort(compareChanges);
  }

  /** Notes that these changes were applied; without an argument, that all of them were. */
  commit(changes?: readonly ElementChange[]): void {
    if (changes === undefined) {
      this.#touched = new Map();
      return;
    }
    for (const { collection, key } of changes) this.#touched.get(collection)?.delete(key);
  }

  /** Replaces every belief about what is applied by what was found there. */
  rebase(found: Contents): void {
    this.#touched = new Map();
    for (const [collection, elements] of found) {
      const wanted = this.#wanted.get(collection);
      for (const [key, element] of elements) {
        if (!sameElement(element, wanted?.get(key))) {
          childOf(this.#touched, collection).set(key, element);
        }
      }
    }
    for (const [collection, elements] of this.#wanted) {
      const there = found.get(collection);
      for (const key of elements.keys()) {
        if (there?.has(key) !== true) childOf(this.#touched, collection).set(key, undefined);
      }
    }
  }

  /** The wanted element at a key. */
  get(collection: string, key: string): Element | undefined {
    return this.#wanted.get(collection)?.get(key);
  }

  /** Everything wanted: a live view. */
  get wanted(): Contents {
    return this.#wanted;
  }

  #touch(collection: string, key: string, applied: Element | undefined): void {
    const keys = childOf(this.#touched, collection);
    if (!keys.has(key)) keys.set(key, applied);
  }
}

// --- internal ---

function childOf<V>(parent: Map<string, Map<string, V>>, name: string): Map<string, V> {
  let child = parent.get(name);
  if (child === undefined) {
    child = new Map();
    parent.set(name, child);
  }
  return child;
}
