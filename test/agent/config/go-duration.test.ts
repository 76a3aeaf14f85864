import { expect } from 'chai';
import fc from 'fast-check';
import { formatGoDuration, parseGoDuration } from '../../../agent/config/go-duration.ts';

describe('parseGoDuration', () => {
  const good: readonly [string, number][] = [
    ['0', 0],
    ['0s', 0],
    ['-0s', 0],
    ['+5s', 5000],
    ['250ms', 250],
    ['1m30s', 90_000],
    ['1h0m0s', 3_600_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['2.s', 2000],
    ['1.1s', 1100],
    ['30s1m', 90_000],
    ['1ns', 0.000001],
    ['7us', 0.007],
    ['7\u00b5s', 0.007],
    ['7\u03bcs', 0.007],
    ['-1m', -60_000],
  ];
  for (const [text, milliseconds] of good) {
    it(`reads ${text} as ${milliseconds} ms`, () => {
      expect(parseGoDuration(text)).to.equal(milliseconds);
    });
  }

  const bad = [
    '',
    ' ',
    '1',
    '1.5',
    's',
    '.s',
    '1d',
    '1 s',
    '1s ',
    '1m-30s',
    '--1s',
    '1e3s',
    '9999999h',
  ];
  for (const text of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseGoDuration(text)).to.equal(undefined);
    });
  }
});

describe('formatGoDuration', () => {
  const cases: readonly [number, string][] = [
    [0, '0s'],
    [1, '1ms'],
    [1000, '1s'],
    [1500, '1.5s'],
    [90_000, '1m30s'],
    [3_600_000, '1h0m0s'],
    [-1500, '-1.5s'],
  ];
  for (const [milliseconds, text] of cases) {
    it(`writes ${milliseconds} ms as ${text}`, () => {
      expect(formatGoDuration(milliseconds)).to.equal(text);
    });
  }

  it('writes what parseGoDuration reads back', () => {
    fc.assert(
      fc.property(fc.integer(), (milliseconds) => {
        expect(parseGoDuration(formatGoDuration(milliseconds))).to.equal(milliseconds);
      }),
    );
  });
});
