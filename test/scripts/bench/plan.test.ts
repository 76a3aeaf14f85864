import { expect } from 'chai';
import { FIRST_PACKET_RULES } from '../../../scripts/bench/iptables-figures.ts';
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

  it('starts the agent at every size, and changes endpoints at either interval between syncs', () => {
    const options = live([]);
    expect(sizesOf(options)).to.deep.equal([10, 1_000, 100, 100, 10_000, 10_000]);
    const changed = options.filter(({ rounds }) => rounds > 0);
    expect(changed.map(({ minSyncSeconds }) => minSyncSeconds)).to.deep.equal([0, 1, 0, 1]);
  });

  it('starts the agent only once when it is to be quick', () => {
    expect(sizesOf(live(['--quick']))).to.deep.equal([2_000]);
  });

  describe('of iptables mode', () => {
    it("has kube-proxy's chains in the nft variant at a size that ends within a minute", () => {
      const measured = iptables([]).filter(({ isSyncMeasured }) => isSyncMeasured);
      const theirs = measured.filter(({ layout }) => layout === 'kube-proxy');
      expect(theirs.map(({ variant, size }) => [variant, size.services])).to.deep.equal([
        ['legacy', 10_000],
        ['legacy', 10_000],
        ['nft', 2_000],
        ['nft', 2_000],
      ]);
    });

    it('has ours beside each of them, and the largest cluster in both variants', () => {
      const measured = iptables([]).filter(({ isSyncMeasured }) => isSyncMeasured);
      const keyOf = ({ variant, size, isPopulated }: (typeof measured)[number]): string =>
        `${variant} ${size.services} ${isPopulated}`;
      const ours = measured.filter(({ layout }) => layout === 'switchyard').map(keyOf);
      expect(ours).to.include.members(
        measured.filter(({ layout }) => layout === 'kube-proxy').map(keyOf),
      );
      expect(ours).to.include.members(['legacy 10000 true', 'nft 10000 true', 'nft 10000 false']);
    });

    it('changes endpoints in a small and in the largest cluster', () => {
      const changed = iptables([]).filter(({ rounds }) => rounds > 0);
      expect(sizesOf(changed)).to.deep.equal([100, 10_000, 100, 10_000, 100, 10_000, 100, 10_000]);
    });
  });

  it('sends first packets through every kind of rules at every size, and through none once', () => {
    const packets = plan(['--only', 'first-packet']).flatMap((station) =>
      station.kind === 'first-packet' ? [station.options] : [],
    );
    const sizes = [...new Set(sizesOf(packets))];
    expect(sizes).to.deep.equal([1, 1_000, 10_000, 30_000]);
    expect(packets).to.have.length(sizes.length * (FIRST_PACKET_RULES.length - 1) + 1);
  });
});

// --- internal ---

function iptables(argv: readonly string[]) {
  return plan(argv).flatMap((station) => (station.kind === 'iptables' ? [station.options] : []));
}

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

function live(argv: readonly string[]) {
  return plan(argv).flatMap((station) => (station.kind === 'live-agent' ? [station.options] : []));
}

function theirs(argv: readonly string[], layout?: string) {
  return plan(argv)
    .flatMap((station) => (station.kind === 'kube-proxy' ? [station.options] : []))
    .filter((options) => layout === undefined || options.layout === layout);
}

function sizesOf(stations: readonly { readonly size: { readonly services: number } }[]): number[] {
  return stations.map(({ size }) => size.services);
}
