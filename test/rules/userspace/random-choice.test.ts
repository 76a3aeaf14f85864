import { expect } from 'chai';
import { RandomChoice } from '../../../rules/userspace/random-choice.ts';
import { counts, endpoints, picks, seededRandom } from './support.ts';

describe('random choice', () => {
  it('gives each endpoint its share, within five standard deviations', () => {
    const all = endpoints(10);
    const balancer = new RandomChoice(seededRandom(1));
    balancer.setEndpoints(all);
    const count = 10_000;
    const deviation = Math.sqrt((count / 10) * 0.9);
    for (const picked of counts(all, picks(balancer, count))) {
      expect(picked).to.be.closeTo(count / 10, 5 * deviation);
    }
  });

  it('is as even among those that are fit', () => {
    const all = endpoints(10);
    const fit = all.slice(0, 4);
    const balancer = new RandomChoice(seededRandom(2));
    balancer.setEndpoints(all);
    const picked = picks(balancer, 8_000, (endpoint) => fit.includes(endpoint));
    const deviation = Math.sqrt(8_000 * 0.25 * 0.75);
    for (const count of counts(fit, picked)) expect(count).to.be.closeTo(2_000, 5 * deviation);
  });

  it('does not repeat a pattern', () => {
    const balancer = new RandomChoice(seededRandom(3));
    balancer.setEndpoints(endpoints(4));
    const ids = picks(balancer, 400).map(({ id }) => id);
    // Of 399 neighbours a quarter are equal by chance; round robin has none.
    const repeats = ids.filter((id, i) => id === ids[i - 1]).length;
    expect(repeats).to.be.within(60, 140);
  });

  it('picks nothing where nothing is, or nothing is fit', () => {
    const balancer = new RandomChoice(seededRandom(4));
    const request = { client: '', nowMs: 0, isFit: () => false };
    expect(balancer.pick(request)).to.equal(undefined);
    balancer.setEndpoints(endpoints(3));
    expect(balancer.pick(request)).to.equal(undefined);
  });
});
