import { expect } from 'chai';
import fc from 'fast-check';
import { RoundRobin } from '../../../rules/userspace/round-robin.ts';
import { counts, endpoints, picks } from './support.ts';

describe('round robin', () => {
  it('gives any n connections in a row to n endpoints, one each', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(100), (count, before) => {
        const all = endpoints(count);
        const balancer = new RoundRobin();
        balancer.setEndpoints(all);
        picks(balancer, before);
        expect(counts(all, picks(balancer, count))).to.deep.equal(all.map(() => 1));
      }),
    );
  });

  it('passes over endpoints that are not fit, and shares exactly among the others', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 2, maxLength: 20 }), (isFit) => {
        fc.pre(isFit.includes(true));
        const all = endpoints(isFit.length);
        const fit = all.filter((_, i) => isFit[i]);
        const balancer = new RoundRobin();
        balancer.setEndpoints(all);
        const picked = picks(balancer, 3 * fit.length, (endpoint) => fit.includes(endpoint));
        expect(counts(fit, picked)).to.deep.equal(fit.map(() => 3));
      }),
    );
  });

  it('goes on where it was when endpoints come and go', () => {
    const [a, b, c, d] = endpoints(4);
    if (a === undefined || b === undefined || c === undefined || d === undefined) expect.fail();
    const balancer = new RoundRobin();
    balancer.setEndpoints([a, c, d]);
    expect(picks(balancer, 1)).to.deep.equal([a]);
    // c is next, whether something appears before it or something else goes.
    balancer.setEndpoints([a, b, c, d]);
    expect(picks(balancer, 2)).to.deep.equal([c, d]);
    // a would be next, and is gone: the one after it.
    balancer.setEndpoints([b, c, d]);
    expect(picks(balancer, 3)).to.deep.equal([b, c, d]);
  });

  it('picks nothing where nothing is, or nothing is fit', () => {
    const balancer = new RoundRobin();
    const request = { client: '', nowMs: 0, isFit: () => true };
    expect(balancer.pick(request)).to.equal(undefined);
    balancer.setEndpoints(endpoints(3));
    expect(balancer.pick({ ...request, isFit: () => false })).to.equal(undefined);
  });
});
