import { expect } from 'chai';
import fc from 'fast-check';
import { compareChanges, diffContents, sameElement } from '../../../rules/diff/element.ts';
import { anyContents, applyChanges, contentsOf, elementsIn, makeElement } from './support.ts';

describe('sameElement', () => {
  const CASES = [
    { name: 'two absences', a: undefined, b: undefined, same: true },
    { name: 'an absence and a set element', a: undefined, b: makeElement('s', '1'), same: false },
    { name: 'equal values', a: makeElement('m', '1', 'x'), b: makeElement('m', '1', 'x') },
    {
      name: 'different values',
      a: makeElement('m', '1', 'x'),
      b: makeElement('m', '1', 'y'),
      same: false,
    },
    {
      name: 'different comments',
      a: makeElement('m', '1', 'x', 'old'),
      b: makeElement('m', '1', 'x', 'new'),
      same: false,
    },
  ];
  for (const { name, a, b, same = true } of CASES) {
    it(`takes ${name} for ${same ? 'the same' : 'different'}`, () => {
      expect(sameElement(a, b)).to.equal(same);
      expect(sameElement(b, a)).to.equal(same);
    });
  }
});

describe('diffContents', () => {
  it('says nothing about equal contents', () => {
    const contents = contentsOf(makeElement('m', '1', 'x'), makeElement('s', '1'));
    expect(diffContents(contents, structuredClone(contents))).to.deep.equal([]);
  });

  it('tells additions, replacements and removals apart, by collection and key', () => {
    const [gone, old, young] = [
      makeElement('b', '2'),
      makeElement('b', '1', 'x'),
      makeElement('b', '1', 'y'),
    ];
    const added = makeElement('a', '9');
    expect(diffContents(contentsOf(gone, old), contentsOf(young, added))).to.deep.equal([
      { collection: 'a', key: '9', before: undefined, after: added },
      { collection: 'b', key: '1', before: old, after: young },
      { collection: 'b', key: '2', before: gone, after: undefined },
    ]);
  });

  it('gives changes that lead from any contents to any others, in canonical order', () => {
    fc.assert(
      fc.property(anyContents, anyContents, (previous, desired) => {
        const changes = diffContents(previous, desired);
        expect(elementsIn(applyChanges(previous, changes))).to.deep.equal(elementsIn(desired));
        expect([...changes].sort(compareChanges)).to.deep.equal(changes);
      }),
    );
  });

  it('does not depend on the order in which elements were put in', () => {
    const elements = [makeElement('b', '1'), makeElement('a', '2'), makeElement('a', '1')];
    const forwards = diffContents(new Map(), contentsOf(...elements));
    const backwards = diffContents(new Map(), contentsOf(...elements.toReversed()));
    expect(forwards).to.deep.equal(backwards);
  });
});
