import { expect } from 'chai';
import { backOffMs, retryAfterMsOf } from '../../../../agent/cluster/api/back-off.ts';

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
    { given: '3', expected: 3_000 },
    { given: 3, expected: 3_000 },
    { given: '0', expected: undefined },
    { given: -1, expected: undefined },
    { given: '', expected: undefined },
    { given: 'Wed, 21 Oct 2026 07:28:00 GMT', expected: undefined },
    { given: undefined, expected: undefined },
    { given: null, expected: undefined },
  ]) {
    it(`makes ${String(expected)} of ${JSON.stringify({ given })}`, () => {
      expect(retryAfterMsOf(given)).to.equal(expected);
    });
  }
});
