import { expect } from 'chai';
import { checkExpectations } from '../../../scripts/bench/expectations.ts';
import {
  makeBaseline,
  makeChange,
  makeFigures,
  makeFullSync,
  makeLiveChange,
  makeLiveStart,
} from './support.ts';

describe('expectations of the benchmarks', () => {
  const SYNCS = [
    { theirs: 10, holds: true, measured: '5.0 times' },
    { theirs: 9.8, holds: false, measured: '4.9 times' },
  ];
  for (const { theirs, holds, measured } of SYNCS) {
    it(`${holds ? 'hold' : 'fail'} at a full sync that is ${measured} as fast as kube-proxy's`, () => {
      const figures = makeFigures({ fullSync: [makeFullSync(), makeBaseline(theirs)] });
      expect(checkExpectations(figures)).to.have.length(1);
      expect(checkExpectations(figures)[0]).to.include({ holds, measured });
    });
  }

  const CHANGES = [
    { name: 'fast at both sizes', small: 4, large: 5, expected: [true, true] },
    { name: 'growing with the cluster', small: 4, large: 6.1, expected: [true, false] },
    { name: 'slow at both sizes', small: 19, large: 21, expected: [false, true] },
  ];
  for (const { name, small, large, expected } of CHANGES) {
    it(`judge a change that is ${name}`, () => {
      const oneEndpoint = [
        makeChange({ services: 100, committedP50: small }),
        makeChange({ services: 10_000, change: 'add', committedP50: 1_000 }),
        makeChange({ services: 10_000, layout: 'kube-proxy 1.36', committedP50: 4_000 }),
        makeChange({ services: 10_000, committedP50: large }),
      ];
      const holds = checkExpectations(makeFigures({ oneEndpoint })).map((each) => each.holds);
      expect(holds).to.deep.equal(expected);
    });
  }

  const LIVE = [
    { name: 'as it should be', start: {}, change: {}, expected: [true, true, true] },
    {
      name: 'slow to start',
      start: { seconds: 17 },
      change: {},
      expected: [false, true, true],
    },
    {
      name: 'larger than kube-proxy',
      start: { agentBytes: 500e6 },
      change: {},
      expected: [true, false, true],
    },
    {
      name: 'slow to follow',
      start: {},
      change: { landedP50: 51 },
      expected: [true, true, false],
    },
  ];
  for (const { name, start, change, expected } of LIVE) {
    it(`judge an agent with an API server that is ${name}`, () => {
      const figures = makeFigures({
        liveStart: [makeLiveStart({ services: 10, seconds: 100 }), makeLiveStart(start)],
        liveChange: [makeLiveChange({ minSyncSeconds: 1, landedP50: 500 }), makeLiveChange(change)],
      });
      const holds = checkExpectations(figures).map((each) => each.holds);
      expect(holds).to.deep.equal(expected);
    });
  }

  it('say nothing about figures of other sizes', () => {
    const figures = makeFigures({
      fullSync: [makeFullSync({ services: 2_000 }), makeBaseline(1)],
      oneEndpoint: [makeChange({ services: 2_000 }), makeChange({ services: 100 })],
    });
    expect(checkExpectations(figures)).to.be.empty;
  });
});
