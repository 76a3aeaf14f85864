import { expect } from 'chai';
import {
  backOffMs,
  retryAfterMsIn,
  retryAfterMsOf,
} from '../../../../agent/cluster/api/back-off.ts';

describe('backOffMs', () => {
  for (const [failures, longest] of [
    [1, 1_000],
    [2, 2_000],
    [5, 16_000],
    [6, 30_000],
    [500, 30_000],
  ] as const) {
    it(`is ${longest} ms after ${failures} failures, or less up to a half`, () => {
      expect(backOffMs(failures, undefined, () => 0)).to.equal(longest);
      expect(backOffMs(failures, undefined, () => 1)).to.equal(longest / 2);
    });
  }

  it('is what the server asks for, or more up to a half', () => {
    expect(backOffMs(9, 4_000, () => 0)).to.equal(4_000);
    expect(backOffMs(9, 4_000, () => 1)).to.equal(6_000);
  });

  it('does not let a server park us for a day', () => {
    expect(backOffMs(1, 86_400_000, () => 0)).to.equal(120_000);
  });
});

describe('retryAfterMsOf', () => {
  for (const { given, expected } of [
    { given: 3, expected: 3_000 },
    { given: 0, expected: undefined },
    { given: -1, expected: undefined },
    { given: '3', expected: undefined },
    { given: undefined, expected: undefined },
    { given: null, expected: undefined },
  ]) {
    it(`makes ${String(expected)} of ${JSON.stringify({ given })}`, () => {
      expect(retryAfterMsOf(given)).to.equal(expected);
    });
  }
});

describe('retryAfterMsIn', () => {
  const now = Date.UTC(2026, 9, 21, 7, 28, 0);

  for (const { header, expected } of [
    { header: '3', expected: 3_000 },
    { header: '0', expected: undefined },
    { header: '-1', expected: undefined },
    { header: '', expected: undefined },
    { header: 'Wed, 21 Oct 2026 07:28:45 GMT', expected: 45_000 },
    { header: 'Wed, 21 Oct 2026 07:28:00 GMT', expected: undefined },
    { header: 'Wed, 21 Oct 2015 07:28:45 GMT', expected: undefined },
    { header: 'Wed, 99 Oct 2026 07:28:45 GMT', expected: undefined },
    { header: '2027-01-01', expected: undefined },
    { header: undefined, expected: undefined },
  ]) {
    it(`makes ${String(expected)} of ${JSON.stringify({ header })}`, () => {
      expect(retryAfterMsIn(header, now)).to.equal(expected);
    });
  }
});
