import { expect } from 'chai';
import { parseOptions } from '../../../scripts/bench/options.ts';
import { planRun, type Station } from '../../../scripts/bench/plan.ts';

describe('the plan of a benchmark run', () => {
  it('has our side at every size, and at that of the baseline that takes long', () => {
    expect(sizesOf(ours([]))).to.deep.equal([100, 1_000, 4_000, 10_000]);
    expect(sizesOf(theirs([], 'kube-proxy 1.36'))).to.deep.equal([100, 1_000, 10_000]);
    expect(sizesOf(theirs([], 'kube-proxy 1.35'))).to.deep.equal([4_000]);
  });

  it('changes endpoints in the smallest and in the largest cluster', () => {
    expect(ours([]).map(({ rounds }) => rounds)).to.deep.equal([200, 0, 0, 200]);
    const baseline = theirs([], 'kube-proxy 1.36');
    expect(baseline.map(({ rounds }) => rounds)).to.deep.equal([10, 0, 10]);
  });

  it('has each cluster once, however small the largest one is', () => {
    const argv = ['--services', '100'];
    expect(sizesOf(ours(argv))).to.deep.equal([100]);
    expect(sizesOf(theirs(argv, 'kube-proxy 1.35'))).to.deep.equal([100]);
  });

  it('restarts only when that is wanted', () => {
    expect(ours(['--only', 'restart']).every(({ isRestarted }) => isRestarted)).to.be.true;
    expect(ours(['--only', 'full-sync']).some(({ isRestarted }) => isRestarted)).to.be.false;
  });

  it('has no baseline where none is compared with', () => {
    expect(theirs(['--only', 'restart'])).to.be.empty;
    expect(kindsOf(['--only', 'thinking'])).to.deep.equal(['thinking']);
  });

  it('leaves sizes in the middle out where only changes are wanted', () => {
    const argv = ['--only', 'one-endpoint'];
    expect(sizesOf(ours(argv))).to.deep.equal([100, 10_000]);
    expect(sizesOf(theirs(argv))).to.deep.equal([100, 10_000]);
  });
});

// --- internal ---

function plan(argv: readonly string[]): Station[] {
  const options = parseOptions(argv);
  if (options === 'help') throw new Error('expected options');
  return planRun(options);
}

function kindsOf(argv: readonly string[]): string[] {
  return plan(argv).map(({ kind }) => kind);
}

function ours(argv: readonly string[]) {
  return plan(argv).filter((station) => station.kind === 'switchyard');
}

function theirs(argv: readonly string[], layout?: string) {
  return plan(argv)
    .flatMap((station) => (station.kind === 'kube-proxy' ? [station.options] : []))
    .filter((options) => layout === undefined || options.layout === layout);
}

function sizesOf(stations: readonly { readonly size: { readonly services: number } }[]): number[] {
  return stations.map(({ size }) => size.services);
}
