import { expect } from 'chai';
import { renderReport } from '../../../scripts/bench/report.ts';
import { makeChainChange, makeChainSync, makeFigures, makeFirstPacket } from './support.ts';

describe('the report of iptables mode', () => {
  it("compares kube-proxy's first sync with ours of the same size, variant and surroundings", () => {
    const chainSync = [
      makeChainSync({ seconds: 1, foreignRules: 2_000 }),
      makeChainSync(),
      makeChainSync({ layout: 'kube-proxy', seconds: 16, iptablesSeconds: 16 }),
    ];
    expect(lineOf(renderReport(makeFigures({ chainSync })), 'kube-proxy')).to.equal(
      '| kube-proxy, legacy | 10,000 x 10 | 0 | 16.00 s | 16.00 s | 8.0 x |',
    );
  });

  it('has a row for each change', () => {
    expect(
      lineOf(renderReport(makeFigures({ chainChange: [makeChainChange()] })), 'switchyard'),
    ).to.equal('| switchyard, nft | 10,000 x 10 | 50 | 0.40 ms | 20.00 ms | 25.00 ms | 30.00 ms |');
  });

  it('compares first packets with those of nftables mode', () => {
    const firstPacket = [
      makeFirstPacket({ rules: 'switchyard, nftables', p50: 8 }),
      makeFirstPacket(),
      makeFirstPacket({ rules: 'none', services: 1 }),
    ];
    const report = renderReport(makeFigures({ firstPacket }));
    expect(lineOf(report, 'iptables-nft |')).to.equal(
      '| switchyard, iptables-nft | 30,000 x 2 | 20,000 | 10.0 µs | 20.0 µs | 1.25 x |',
    );
    expect(lineOf(report, 'none')).to.equal('| none | | 20,000 | 10.0 µs | 20.0 µs | |');
  });
});

// --- internal ---

/** The first line that holds the text, with single spaces. */
function lineOf(report: string, text: string): string | undefined {
  const line = report.split('\n').find((each) => each.includes(text));
  return line?.replaceAll(/ +/g, ' ');
}
