import { expect } from 'chai';
import fc from 'fast-check';
import type { BalancedEndpoint } from '../../../rules/userspace/balanced-endpoint.ts';
import { ConsistentHash } from '../../../rules/userspace/consistent-hash.ts';
import { maglevTable, SLOTS } from '../../../rules/userspace/maglev.ts';
import { counts, endpoints, picks } from './support.ts';

const CLIENTS = 5_000;

function pickAll(
  all: readonly BalancedEndpoint[],
  fit?: (endpoint: BalancedEndpoint) => boolean,
): BalancedEndpoint[] {
  const balancer = new ConsistentHash();
  balancer.setEndpoints(all);
  return picks(balancer, CLIENTS, fit);
}

function movedShare(
  before: readonly BalancedEndpoint[],
  after: readonly BalancedEndpoint[],
): number {
  return before.filter((endpoint, i) => endpoint !== after[i]).length / before.length;
}

describe("Maglev's table", () => {
  it('gives all endpoints the same number of slots, give or take one', () => {
    for (const count of [1, 2, 3, 10, 100, 655]) {
      const slots = new Array<number>(count).fill(0);
      for (const index of maglevTable(Array.from({ length: count }, (_, i) => `id-${i}`))) {
        slots[index] = (slots[index] ?? 0) + 1;
      }
      expect(Math.max(...slots) - Math.min(...slots)).to.be.at.most(1);
      expect(slots.reduce((sum, n) => sum + n)).to.equal(SLOTS);
    }
  });
});

describe('consistent hash', () => {
  it('sends a client where it went before, whoever else comes', () => {
    const all = endpoints(7);
    expect(pickAll(all)).to.deep.equal(pickAll(all));
  });

  for (const count of [2, 3, 10, 50]) {
    it(`moves about 1/${count} of the clients when one of ${count} endpoints goes`, () => {
      const all = endpoints(count);
      const before = pickAll(all);
      fc.assert(
        fc.property(fc.nat(count - 1), (gone) => {
          const after = pickAll(all.filter((_, i) => i !== gone));
          // Its own clients, and at most as many again as two in a hundred.
          expect(movedShare(before, after)).to.be.at.most(1 / count + 0.02 + 1 / count / 4);
          for (const [i, endpoint] of before.entries()) {
            if (endpoint === all[gone]) expect(after[i]).to.not.equal(endpoint);
          }
        }),
        { numRuns: 5 },
      );
    });
  }

  it('spreads clients evenly', () => {
    const all = endpoints(10);
    for (const picked of counts(all, pickAll(all))) {
      expect(picked).to.be.within(CLIENTS / 10 / 1.3, (CLIENTS / 10) * 1.3);
    }
  });

  it('spreads the clients of an endpoint that is not fit over all others, and moves nobody else', () => {
    const all = endpoints(5);
    const before = pickAll(all);
    const after = pickAll(all, (endpoint) => endpoint !== all[2]);
    for (const [i, endpoint] of before.entries()) {
      if (endpoint !== all[2]) expect(after[i]).to.equal(endpoint);
    }
    const orphans = after.filter((_, i) => before[i] === all[2]);
    for (const count of counts(
      all.filter((_, i) => i !== 2),
      orphans,
    )) {
      expect(count).to.be.greaterThan(orphans.length / 8);
    }
  });

  it('picks nothing where nothing is, or nothing is fit', () => {
    const balancer = new ConsistentHash();
    const request = { client: '', nowMs: 0, isFit: () => true };
    expect(balancer.pick(request)).to.equal(undefined);
    balancer.setEndpoints(endpoints(3));
    expect(balancer.pick({ ...request, isFit: () => false })).to.equal(undefined);
  });
});
