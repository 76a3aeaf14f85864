import { expect } from 'chai';
import fc from 'fast-check';
import { wrapLine } from '../../../../scripts/demo/view/wrap.ts';

describe('a long line', () => {
  const ROWS: readonly { name: string; line: string; expected: readonly string[] }[] = [
    { name: 'stays whole where it fits', line: '+ 34567 9', expected: ['+ 34567 9'] },
    { name: 'is broken at a space', line: '+ 34567 90 b', expected: ['+ 34567', '  90 b'] },
    {
      name: 'keeps a word whole',
      line: '+ a 3456789012 b',
      expected: ['+ a', '  3456789012', '  b'],
    },
    { name: 'may be empty', line: '', expected: [''] },
  ];
  for (const { name, line, expected } of ROWS) {
    it(name, () => {
      expect(wrapLine(line, 9)).to.deep.equal(expected);
    });
  }

  it('loses no word, and is never too long if its words are not', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 7, max: 30 }), (parts, width) => {
        const lines = wrapLine(parts.join(' '), width);
        for (const line of lines) expect(line.length).to.be.at.most(width);
        expect(lines.flatMap((line) => line.trim().split(' '))).to.deep.equal(parts);
      }),
    );
  });
});
