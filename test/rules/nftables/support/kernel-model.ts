/**
 * As much of a kernel as our commands need: it holds one table and takes commands one by one, as
 * strictly as nf_tables where that is strict, and stricter where it forgives what we never mean.
 */
import type { Element } from '../../../../rules/diff/element.ts';
import { cidrContains, hostCidr, networkOf, type Cidr, type Ip } from '../../../../rules/ip.ts';
import type {
  ByName,
  Command,
  Elements,
  NftObject,
  ObjectReference,
  Statement,
} from '../../../../rules/nftables-json/index.ts';
import { readChains, readElements } from '../../../../rules/nftables/listing.ts';
import {
  AFFINITY,
  COLLECTIONS,
  INTERVAL_SETS,
  isMap,
  SHARED_CHAINS,
  type Collection,
} from '../../../../rules/nftables/names.ts';
import type { FoundTable } from '../../../../rules/nftables/planner.ts';

/** One table. Every command that a kernel would refuse throws. */
export class KernelModel {
  #exists = false;
  /** The rules of each chain. */
  readonly chains = new Map<string, (readonly Statement[])[]>();
  readonly collections = new Map<string, Map<string, Element>>();

  /** Another kernel with the same table. */
  clone(): KernelModel {
    const clone = new KernelModel();
    clone.#exists = this.#exists;
    for (const [name, rules] of this.chains) clone.chains.set(name, [...rules]);
    for (const [name, elements] of this.collections) clone.collections.set(name, new Map(elements));
    return clone;
  }

  run(commands: Iterable<Command>): void {
    for (const command of commands) {
      if ('add' in command) this.#add(command.add);
      else if ('delete' in command) this.#delete(command.delete);
      else if ('flush' in command && 'chain' in command.flush) this.#flush(command.flush.chain);
      else throw new Error(`unexpected command: ${JSON.stringify(command)}`);
    }
  }

  /** What a transport would read. */
  found(): FoundTable | undefined {
    if (!this.#exists) return undefined;
    const { shapeId, rulesId, shared } = readChains([...this.chains.keys()]);
    return { shapeId, rulesId, contents: new Map([...this.collections, [SHARED_CHAINS, shared]]) };
  }

  /** The element at a key. */
  get(collection: Collection, key: string): Element | undefined {
    return this.collections.get(collection)?.get(key);
  }

  #add(object: NftObject): void {
    if ('table' in object) {
      this.#exists = true;
    } else if ('chain' in object) {
      const { name } = object.chain;
      // As in the kernel, a chain that is there already stays as it is, rules and all.
      this.chains.set(name, this.chains.get(name) ?? []);
    } else if ('rule' in object) {
      const { chain, expr } = object.rule;
      for (const target of targetsIn(expr)) this.#chain(target);
      this.#chain(chain).push(expr);
    } else if ('set' in object || 'map' in object) {
      const { name } = 'set' in object ? object.set : object.map;
      refuseIf(this.collections.has(name), `${name} exists`);
      if (name !== AFFINITY) this.collections.set(name, new Map());
    } else if ('element' in object) {
      for (const element of this.#read(object.element)) this.#addElement(element);
    } else {
      throw new Error(`unexpected object: ${JSON.stringify(object)}`);
    }
  }

  #addElement(element: Element): void {
    const { collection, key, value } = element;
    const elements = this.#collection(collection);
    refuseIf(elements.has(key), `${collection} { ${key} } exists`);
    refuseIf((value !== '') !== isMap(collection as Collection), `${collection} { ${key} : ? }`);
    if (value.startsWith('goto ')) this.#chain(value.slice('goto '.length));
    if (INTERVAL_SETS.has(collection)) {
      for (const other of elements.keys()) {
        refuseIf(overlap(other, key), `${collection} { ${key} } overlaps ${other}`);
      }
    }
    elements.set(key, element);
  }

  #delete(target: ObjectReference): void {
    if ('table' in target) {
      refuseIf(!this.#exists, 'no table');
      this.#exists = false;
      this.chains.clear();
      this.collections.clear();
    } else if ('chain' in target && 'name' in target.chain) {
      const { name } = target.chain;
      refuseIf(this.#chain(name).length > 0, `chain ${name} has rules`);
      refuseIf(this.#isUsed(name), `chain ${name} is in use`);
      this.chains.delete(name);
    } else if ('element' in target) {
      for (const { collection, key } of this.#read(target.element)) {
        refuseIf(!this.#collection(collection).delete(key), `no ${collection} { ${key} }`);
      }
    } else {
      throw new Error(`unexpected target: ${JSON.stringify(target)}`);
    }
  }

  #flush({ name }: ByName): void {
    this.#chain(name).length = 0;
  }

  #isUsed(chain: string): boolean {
    const verdict = `goto ${chain}`;
    return (
      [...this.chains.values()].some((rules) => targetsIn(rules).includes(chain)) ||
      [...this.collections.values()].some((elements) =>
        [...elements.values()].some(({ value }) => value === verdict),
      )
    );
  }

  #read({ name, elem }: Elements): Iterable<Element> {
    const collection = COLLECTIONS.find((each) => each === name);
    if (collection === undefined) throw new Error(`no set or map ${name}`);
    return readElements(collection, elem).values();
  }

  #chain(name: string): (readonly Statement[])[] {
    const chain = this.chains.get(name);
    if (chain === undefined) throw new Error(`no chain ${name}`);
    return chain;
  }

  #collection(name: string): Map<string, Element> {
    const collection = this.collections.get(name);
    if (collection === undefined) throw new Error(`no set or map ${name}`);
    return collection;
  }
}

// --- internal ---

function refuseIf(condition: boolean, reason: string): void {
  if (condition) throw new Error(`refused: ${reason}`);
}

/** The chains that statements jump or go to, wherever in them. */
function targetsIn(statements: unknown): string[] {
  return [...JSON.stringify(statements).matchAll(/"target":"([^"]+)"/g)].map(
    ([, name]) => name ?? '',
  );
}

/** Whether two keys that end in a network, and are the same before it, have addresses in common. */
function overlap(a: string, b: string): boolean {
  const [left, right] = [splitRange(a), splitRange(b)];
  return (
    left.scope === right.scope &&
    (cidrContains(left.cidr, networkOf(right.cidr)) ||
      cidrContains(right.cidr, networkOf(left.cidr)))
  );
}

function splitRange(key: string): { scope: string; cidr: Cidr } {
  const parts = key.split(' . ');
  const range = parts.pop() ?? '';
  const cidr = range.includes('/') ? (range as Cidr) : hostCidr(range as Ip);
  return { scope: parts.join(), cidr };
}
