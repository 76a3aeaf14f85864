/**
 * A map that forgets: entries that were not used for a time, and, when there are too many, the one
 * that was not used for longest. Times are given, so that it needs no clock.
 */

/** Keys with values, the least recently used first. */
export class RecencyMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #idleMs: number;
  readonly #maxEntries: number;

  /** An entry is gone after `idleMs` without use; there are at most `maxEntries`. */
  constructor(idleMs: number, maxEntries: number) {
    this.#idleMs = idleMs;
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value, which counts as used now; `undefined` when there is none or it is too old. */
  use(key: string, nowMs: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || nowMs - entry.usedAtMs > this.#idleMs) return undefined;
    if (entry.usedAtMs !== nowMs) {
      entry.usedAtMs = nowMs;
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry.value;
  }

  /** Sets a value, used now. Answers the values that had to go for it: replaced or one too many. */
  set(key: string, value: V, nowMs: number): V[] {
    const gone: V[] = [];
    const before = this.#entries.get(key);
    if (before !== undefined) {
      this.#entries.delete(key);
      if (before.value !== value) gone.push(before.value);
    }
    this.#entries.set(key, { value, usedAtMs: nowMs });
    while (this.#entries.size > this.#maxEntries) gone.push(...this.#takeOldest());
    return gone;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Removes the entries that were not used for too long, and answers their values. */
  takeIdle(nowMs: number): V[] {
    const idle: V[] = [];
    for (const { usedAtMs } of this.#entries.values()) {
      if (nowMs - usedAtMs <= this.#idleMs) break;
      idle.push(...this.#takeOldest());
    }
    return idle;
  }

  /** Removes the least recently used entry, and answers its value. */
  takeOldest(): V | undefined {
    return this.#takeOldest()[0];
  }

  /** Removes the entries whose values do not pass. */
  keepOnly(passes: (value: V) => boolean): void {
    for (const [key, { value }] of this.#entries) {
      if (!passes(value)) this.#entries.delete(key);
    }
  }

  /** All values, the least recently used first. */
  *values(): Generator<V> {
    for (const { value } of this.#entries.values()) yield value;
  }

  #takeOldest(): V[] {
    for (const [key, { value }] of this.#entries) {
      this.#entries.delete(key);
      return [value];
    }
    return [];
  }
}

// --- internal ---

interface Entry<V> {
  readonly value: V;
  usedAtMs: number;
}
