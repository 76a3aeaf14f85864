/** Things that a host has opened, by the ids that it gave them. */
export class Registry<T> {
  readonly #what: string;
  readonly #things = new Map<number, T>();
  #lastId = 0;

  constructor(what: string) {
    this.#what = what;
  }

  /** Keeps the thing and returns its new id. */
  add(thing: T): number {
    this.#lastId += 1;
    this.#things.set(this.#lastId, thing);
    return this.#lastId;
  }

  /** The thing with this id; throws when there is none. */
  get(id: number): T {
    const thing = this.#things.get(id);
    if (thing === undefined) throw new Error(`no ${this.#what} with id ${id} is open`);
    return thing;
  }

  /** Forgets the thing with this id and returns it; throws when there is none. */
  take(id: number): T {
    const thing = this.get(id);
    this.#things.delete(id);
    return thing;
  }
}
