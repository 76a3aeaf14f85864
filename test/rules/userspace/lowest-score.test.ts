import { expect } from 'chai';
import fc from 'fast-check';
import { noteResponse, type BalancedEndpoint } from '../../../rules/userspace/balanced-endpoint.ts';
import {
  connectionScore,
  LowestScore,
  responseScore,
  type Score,
} from '../../../rules/userspace/lowest-score.ts';
import { counts, endpoints, picks } from './support.ts';

function balancerOf(score: Score, all: readonly BalancedEndpoint[]): LowestScore {
  const balancer = new LowestScore(score);
  balancer.setEndpoints(all);
  return balancer;
}

describe('least connections', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 12 });
  /** True: somebody connects. False: one of the open connections ends. */
  const events = fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 200 });

  it('never chooses an endpoint while another would be less loaded with one more', () => {
    fc.assert(
      fc.property(weights, events, (all, moves) => {
        const pool = endpoints(all.length, all);
        const balancer = balancerOf(connectionScore, pool);
        const open: BalancedEndpoint[] = [];
        for (const [opens, which] of moves) {
          if (!opens) {
            const [ended] = open.splice(which % Math.max(open.length, 1), 1);
            if (ended !== undefined) ended.active -= 1;
            continue;
          }
          const [chosen] = picks(balancer, 1);
          if (chosen === undefined) expect.fail();
          for (const other of pool) {
            const load = (chosen.active + 1) / chosen.target.weight;
            expect(load).to.be.at.most((other.active + 1) / other.target.weight);
          }
          chosen.active += 1;
          open.push(chosen);
        }
      }),
    );
  });

  it('shares by weight while nothing ends: never off by more than one connection', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 300 }), (all, count) => {
        const pool = endpoints(all.length, all);
        const balancer = balancerOf(connectionScore, pool);
        for (let i = 0; i < count; i++) for (const chosen of picks(balancer, 1)) chosen.active += 1;
        for (const a of pool) {
          for (const b of pool) {
            // What a has it got while b would have been more loaded.
            expect(a.active / a.target.weight).to.be.at.most((b.active + 1) / b.target.weight);
          }
        }
      }),
    );
  });

  it('is round robin among equals', () => {
    const pool = endpoints(5);
    const balancer = balancerOf(connectionScore, pool);
    expect(counts(pool, picks(balancer, 10))).to.deep.equal([2, 2, 2, 2, 2]);
  });
});

describe('fastest response', () => {
  function poolWith(...responsesMs: readonly number[]): BalancedEndpoint[] {
    const pool = endpoints(responsesMs.length);
    for (const [i, endpoint] of pool.entries()) noteResponse(endpoint, responsesMs[i] ?? 0, 0);
    return pool;
  }

  it('chooses the fastest of idle endpoints', () => {
    const pool = poolWith(8, 2, 5);
    expect(picks(balancerOf(responseScore, pool), 5)).to.deep.equal(Array(5).fill(pool[1]));
  });

  it('shares by speed under load: four times as fast, four times as many', () => {
    const pool = poolWith(4, 1);
    const balancer = balancerOf(responseScore, pool);
    for (let i = 0; i < 100; i++) for (const chosen of picks(balancer, 1)) chosen.active += 1;
    expect(pool.map(({ active }) => active)).to.deep.equal([20, 80]);
  });

  it('tries an endpoint that was slow once again after a while', () => {
    const pool = poolWith(1, 20);
    const balancer = balancerOf(responseScore, pool);
    const pick = (nowMs: number) => balancer.pick({ client: '', nowMs, isFit: () => true });
    const chosenAfter = Array.from({ length: 120 }, (_, second) => {
      // The fast one keeps being measured.
      if (pool[0] !== undefined) noteResponse(pool[0], 1, second * 1000);
      return pick(second * 1000);
    });
    expect(chosenAfter.indexOf(pool[1])).to.be.within(40, 50);
  });

  it('gives an endpoint that was never measured one connection, and more when it has answered', () => {
    const pool = endpoints(2);
    const [known, fresh] = pool;
    if (known === undefined || fresh === undefined) expect.fail();
    noteResponse(known, 10, 0);
    const balancer = balancerOf(responseScore, pool);
    expect(picks(balancer, 1)).to.deep.equal([fresh]);
    fresh.active += 1;
    expect(picks(balancer, 3)).to.deep.equal([known, known, known]);
    fresh.active -= 1;
    noteResponse(fresh, 1, 0);
    expect(picks(balancer, 2)).to.deep.equal([fresh, fresh]);
  });

  it('averages what it measures', () => {
    const [endpoint] = poolWith(10);
    if (endpoint === undefined) expect.fail();
    for (let i = 0; i < 30; i++) noteResponse(endpoint, 20, 0);
    expect(endpoint.responseMs).to.be.closeTo(20, 0.1);
  });
});
