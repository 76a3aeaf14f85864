import { expect } from 'chai';
import fc from 'fast-check';
import { median, percentile } from '../../../scripts/bench/statistics.ts';

describe('statistics of measured times', () => {
  const PERCENTILES = [
    { name: 'the only value', values: [7], share: 0.99, expected: 7 },
    { name: 'the middle one of an odd number', values: [3, 1, 2], share: 0.5, expected: 2 },
    {
      name: 'the lower middle one of an even number',
      values: [4, 3, 2, 1],
      share: 0.5,
      expected: 2,
    },
    { name: 'the largest of few for a high share', values: [1, 9, 5], share: 0.99, expected: 9 },
    { name: 'the smallest for no share at all', values: [3, 2], share: 0, expected: 2 },
    {
      name: 'the second largest of a hundred for 99 percent',
      values: Array.from({ length: 100 }, (_, index) => index + 1),
      share: 0.99,
      expected: 99,
    },
  ];
  for (const { name, values, share, expected } of PERCENTILES) {
    it(`say that the percentile is ${name}`, () => {
      expect(percentile(values, share)).to.equal(expected);
    });
  }

  it('have a percentile that the wanted share of values does not exceed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const result = percentile(values, share);
          const within = values.filter((value) => value <= result).length;
          expect(within).to.be.at.least(share * values.length);
          expect(values).to.include(result);
        },
      ),
    );
  });

  it('leave the measured values in their order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).to.deep.equal([3, 1, 2]);
  });

  it('refuse to say anything about nothing', () => {
    expect(() => median([])).to.throw(RangeError, 'no percentile of nothing');
  });
});
