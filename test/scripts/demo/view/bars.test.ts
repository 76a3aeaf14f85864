import { expect } from 'chai';
import fc from 'fast-check';
import { BAR, countText, drawBars } from '../../../../scripts/demo/view/bars.ts';

describe('bars', () => {
  it('stand for shares, on the same scale in all columns', () => {
    const lines = drawBars(
      ['first', 'second'],
      [
        { title: 'even', values: { first: 50, second: 50 } },
        { title: 'uneven', values: { first: 3000, second: 1000 } },
      ],
    );
    const lengths = lines.map((line) => line.match(/█+/g)?.map((bar) => bar.length));
    expect(lengths).to.deep.equal([undefined, [15, 23], [15, 8]]);
    expect(lines.map((line) => line.replace(/█+ */g, '| '))).to.deep.equal([
      '         even                                     uneven',
      'first    | 50   50 %   | 3,000   75 %',
      'second   | 50   50 %   | 1,000   25 %',
    ]);
  });

  it('begin in the same place in every line', () => {
    const [, ...lines] = drawBars(['a', 'longer'], [{ title: '', values: { a: 1, longer: 1 } }]);
    expect(lines.map((line) => line.indexOf(BAR))).to.deep.equal([9, 9]);
  });

  it('are empty for rows without a number, and for columns without any', () => {
    const lines = drawBars(
      ['some', 'none'],
      [
        { title: 'full', values: { some: 7 } },
        { title: 'empty', values: {} },
      ],
    );
    expect(lines[1]).to.match(/^some +█+ +7 +100 % +0 +0 %$/);
    expect(lines[2]).to.match(/^none +0 +0 % +0 +0 %$/);
  });

  it('show what is there, be it ever so small', () => {
    const [, , tiny] = drawBars(['all', 'tiny'], [{ title: '', values: { all: 9999, tiny: 1 } }]);
    expect(tiny).to.match(/^tiny +█ +1 +0 %$/);
  });

  it('never make a line too long for the screen', () => {
    const values = fc.dictionary(fc.constantFrom('pod-1-1', 'pod-1-2'), fc.nat(999_999));
    const columns = fc.array(fc.record({ title: fc.constant('title'), values }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(columns, (drawn) => {
        for (const line of drawBars(['pod-1-1', 'pod-1-2'], drawn)) {
          expect(line.length).to.be.at.most(92);
        }
      }),
    );
  });
});

describe('counts', () => {
  it('have their thousands apart', () => {
    expect([0, 999, 1000, 1_234_567].map(countText)).to.deep.equal([
      '0',
      '999',
      '1,000',
      '1,234,567',
    ]);
  });
});
