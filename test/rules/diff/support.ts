/** Elements and their contents for tests of rules/diff, where only equality counts. */
import fc from 'fast-check';
import type { Contents, Element, ElementChange } from '../../../rules/diff/element.ts';

export function makeElement(collection: string, key: string, value = '', comment = ''): Element {
  return { collection, key, value, comment };
}

/** Contents with these elements. */
export function contentsOf(...elements: readonly Element[]): Map<string, Map<string, Element>> {
  const contents = new Map<string, Map<string, Element>>();
  for (const element of elements) {
    const keys = contents.get(element.collection) ?? new Map<string, Element>();
    contents.set(element.collection, keys.set(element.key, element));
  }
  return contents;
}

/** All elements, in an order of their own: what two contents have to agree on. */
export function elementsIn(contents: Contents): string[] {
  return [...contents.values()]
    .flatMap((elements) => [...elements.values()])
    .map((element) => Object.values(element).join(' | '))
    .sort();
}

/** What contents are after the changes, each of which has to fit what is there. */
export function applyChanges(before: Contents, changes: readonly ElementChange[]): Contents {
  const contents = contentsOf(...[...before.values()].flatMap((it) => [...it.values()]));
  for (const { collection, key, before: expected, after } of changes) {
    const elements = contents.get(collection) ?? new Map<string, Element>();
    contents.set(collection, elements);
    const found = elements.get(key);
    if (found?.value !== expected?.value || found?.comment !== expected?.comment) {
      throw new Error(`${collection} { ${key} } is not what the change expects`);
    }
    if (after === undefined) elements.delete(key);
    else elements.set(key, after);
  }
  return contents;
}

/** Elements of few collections, keys and values, so that they often meet. */
export const anyElement: fc.Arbitrary<Element> = fc
  .tuple(
    fc.constantFrom('a', 'b'),
    fc.constantFrom('1', '2', '3'),
    fc.constantFrom('', 'x', 'y'),
    fc.constantFrom('', 'note'),
  )
  .map((parts) => makeElement(...parts));

/** Contents of such elements. */
export const anyContents: fc.Arbitrary<Map<string, Map<string, Element>>> = fc
  .array(anyElement, { maxLength: 8 })
  .map((elements) => contentsOf(...elements));
