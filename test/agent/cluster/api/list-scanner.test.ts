import { expect } from 'chai';
import fc from 'fast-check';
import { ApiError } from '../../../../agent/cluster/api/api-error.ts';
import { ListScanner } from '../../../../agent/cluster/api/list-scanner.ts';

/** What comes out of a text that arrives in pieces of this size. */
function scan(text: string, pieceBytes: number): { items: unknown[]; list: unknown } {
  const items: unknown[] = [];
  const scanner = new ListScanner((item) => items.push(item));
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    scanner.write(bytes.subarray(start, start + pieceBytes));
  }
  return { items, list: scanner.end() };
}

describe('ListScanner', () => {
  it('finds the items of any list, and the list without them, however it arrives', () => {
    const item = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(
        fc.array(item),
        item,
        fc.nat(40),
        fc.boolean(),
        (items, metadata, size, isTidy) => {
          const text = JSON.stringify({ kind: 'List', items, metadata }, undefined, isTidy ? 2 : 0);
          const found = scan(text, size + 1);
          expect(found.items).to.deep.equal(JSON.parse(JSON.stringify(items)));
          const list: unknown = JSON.parse(JSON.stringify({ kind: 'List', items: [], metadata }));
          expect(found.list).to.deep.equal(list);
        },
      ),
    );
  });

  it('takes a list that Go wrote as null for empty', () => {
    expect(scan('{"items":null,"kind":"List"}', 5).items).to.deep.equal([]);
  });

  for (const text of [
    '',
    '[]',
    '"items"',
    '{"items":[{"a":1}',
    '{"items":[{a:1}]}',
    '{"items":[]',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => scan(text, 3)).to.throw(ApiError);
    });
  }
});
