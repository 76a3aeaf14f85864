/**
 * The ledger: which elements are wanted, by how many claims, and which of them the kernel does not
 * hold yet. Its cost is that of the change: claiming and releasing note the keys at which the kernel
 * differs from what is wanted, and a transaction is made from these alone.
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
  /** Claims beyond the first, by collection and key, in their order: most elements have exactly one. */
  readonly #furtherClaims = new Map<string, Map<string, Claims[]>>();
  /** What is applied at each key where that differs from what is wanted. */
  #differing = new Map<string, Map<string, Element | undefined>>();

  /**
   * Claims an element. Claims to the same key count up if they agree; one that disagrees waits until
   * those before it are gone: an address may reach its new owner before the old one lets go of it.
   */
  claim(element: Element): void {
    const { collection, key } = element;
    if (this.get(collection, key) === undefined) {
      this.#want(collection, key, element);
      return;
    }
    const further = childOf(this.#furtherClaims, collection);
    const line = further.get(key) ?? [];
    const same = line.find((claims) => sameElement(claims.element, element));
    if (same === undefined) line.push({ element, count: 1 });
    else same.count += 1;
    further.set(key, line);
  }

  /**
   * Takes one claim to this very element back; the element goes with its last one, and the next in
   * line takes its place. Throws when there is no such claim.
   */
  release(element: Element): void {
    const { collection, key } = element;
    if (this.#takeFurtherClaim(collection, key, element)) return;
    const current = this.get(collection, key);
    if (current === undefined || !sameElement(current, element)) {
      throw new Error(`released without a claim: ${collection} { ${key} }`);
    }
    const next = this.#furtherClaims.get(collection)?.get(key)?.[0]?.element;
    if (next !== undefined) this.#takeFurtherClaim(collection, key, next);
    this.#want(collection, key, next);
  }

  /** What the kernel lacks or has too much, in canonical order. */
  pending(): ElementChange[] {
    const changes: ElementChange[] = [];
    for (const [collection, keys] of this.#differing) {
      for (const [key, before] of keys) {
        changes.push({ collection, key, before, after: this.get(collection, key) });
      }
    }
    return changes.sort(compareChanges);
  }

  /** Notes that the kernel now has the wanted elements at these keys. */
  commit(changes: readonly Pick<ElementChange, 'collection' | 'key'>[]): void {
    for (const { collection, key } of changes) this.#differing.get(collection)?.delete(key);
  }

  /** Replaces every belief about what is applied by what was found there. */
  rebase(found: Contents): void {
    this.#differing = new Map();
    for (const [collection, elements] of found) {
      const wanted = this.#wanted.get(collection);
      for (const [key, element] of elements) {
        if (!sameElement(element, wanted?.get(key))) {
          childOf(this.#differing, collection).set(key, element);
        }
      }
    }
    for (const [collection, elements] of this.#wanted) {
      const there = found.get(collection);
      for (const key of elements.keys()) {
        if (there?.has(key) !== true) childOf(this.#differing, collection).set(key, undefined);
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

  /** Whether there was one to take. */
  #takeFurtherClaim(collection: string, key: string, element: Element): boolean {
    const further = this.#furtherClaims.get(collection);
    const line = further?.get(key);
    const same = line?.find((claims) => sameElement(claims.element, element));
    if (further === undefined || line === undefined || same === undefined) return false;
    same.count -= 1;
    if (same.count > 0) return true;
    if (line.length === 1) further.delete(key);
    else line.splice(line.indexOf(same), 1);
    return true;
  }

  #want(collection: string, key: string, element: Element | undefined): void {
    const elements = childOf(this.#wanted, collection);
    const differing = childOf(this.#differing, collection);
    const applied = differing.has(key) ? differing.get(key) : elements.get(key);
    if (element === undefined) elements.delete(key);
    else elements.set(key, element);
    if (sameElement(applied, element)) differing.delete(key);
    else differing.set(key, applied);
  }
}

// --- internal ---

/** Claims that agree. */
interface Claims {
  readonly element: Element;
  count: number;
}

function childOf<V>(parent: Map<string, Map<string, V>>, name: string): Map<string, V> {
  let child = parent.get(name);
  if (child === undefined) {
    child = new Map();
    parent.set(name, child);
  }
  return child;
}
