import { expect } from 'chai';
import { checkExpectations } from '../../../scripts/bench/expectations.ts';
import { makeChainChange, makeChainSync, makeFigures, makeFirstPacket } from './support.ts';

describe('expectations of iptables mode', () => {
  const SYNCS = [
    { variant: 'legacy', theirs: 8, holds: true },
    { variant: 'legacy', theirs: 7.9, holds: false },
    { variant: 'nft', theirs: 100, holds: true },
    { variant: 'nft', theirs: 99, holds: false },
  ] as const;
  for (const { variant, theirs, holds } of SYNCS) {
    it(`${holds ? 'hold' : 'fail'} at ${theirs / 2} times the speed of kube-proxy, ${variant}`, () => {
      const chainSync = [
        makeChainSync({ variant, services: 2_000 }),
        // Neither another size nor a table with rules of others is compared.
        makeChainSync({ variant, seconds: 0.001 }),
        makeChainSync({ variant, services: 2_000, foreignRules: 9, seconds: 0.001 }),
        makeChainSync({ variant, services: 2_000, layout: 'kube-proxy', seconds: theirs }),
      ];
      const expectations = checkExpectations(makeFigures({ chainSync }));
      expect(expectations.map((each) => each.holds)).to.deep.equal([holds]);
    });
  }

  it('judge changes at both sizes, of our chains in the nft variant', () => {
    const chainChange = [
      makeChainChange({ variant: 'legacy', committedP50: 400 }),
      makeChainChange({ layout: 'kube-proxy', committedP50: 400 }),
      makeChainChange({ committedP50: 80 }),
      makeChainChange({ services: 100, committedP50: 8 }),
    ];
    const expectations = checkExpectations(makeFigures({ chainChange }));
    expect(expectations.map(({ measured }) => measured)).to.deep.equal(['8.0 ms', '80.0 ms']);
    expect(expectations.map(({ holds }) => holds)).to.deep.equal([true, false]);
  });

  it('compare a packet among 30,000 Services with nftables mode, and with one Service', () => {
    const firstPacket = [
      makeFirstPacket({ rules: 'switchyard, nftables', p50: 8 }),
      makeFirstPacket({ services: 1, p50: 7 }),
      makeFirstPacket({ p50: 10 }),
    ];
    const expectations = checkExpectations(makeFigures({ firstPacket }));
    expect(expectations.map(({ measured }) => measured)).to.deep.equal([
      '1.25 times',
      '1.43 times',
    ]);
    expect(expectations.map(({ holds }) => holds)).to.deep.equal([true, false]);
  });
});
