import { expect } from 'chai';
import { renderReport } from '../../../scripts/bench/report.ts';
import {
  makeBaseline,
  makeChange,
  makeFigures,
  makeFullSync,
  makeLiveChange,
  makeLiveStart,
} from './support.ts';

describe('the report of the benchmarks', () => {
  it('begins with the day and the machine', () => {
    expect(renderReport(makeFigures())).to.equal(
      '2026-01-31: Test CPU, 2 cores, 8 GiB; Linux 6.18.0, nft 1.0.6, Node 24.0.0.\n',
    );
  });

  it("compares kube-proxy's full sync with ours of the same size", () => {
    const fullSync = [
      makeFullSync(),
      makeFullSync({ services: 100, seconds: 0.05 }),
      makeBaseline(13),
    ];
    expect(lineOf(renderReport(makeFigures({ fullSync })), 'kube-proxy 1.36')).to.equal(
      '| kube-proxy 1.36 | 10,000 x 10 | 13.00 s | 13.00 s | 6.5 x | | 250 MB |',
    );
  });

  it('has a row for each way to change an endpoint', () => {
    const oneEndpoint = [makeChange(), makeChange({ change: 'add', committedP99: 250.4 })];
    expect(lineOf(renderReport(makeFigures({ oneEndpoint })), 'add')).to.equal(
      '| switchyard | 10,000 x 10 | add | 200 | 0.40 ms | 5.00 ms | 250 ms | 19.00 ms | 30.00 ms |',
    );
  });

  it('has a row for each restart, with what was sent', () => {
    const restart = [{ ...makeFullSync(), agentPeakBytes: 480e6, elementsSent: 0 }];
    expect(lineOf(renderReport(makeFigures({ restart })), '480 MB')).to.equal(
      '| 10,000 x 10 | 2.00 s | 1.50 s | 0 | 480 MB | 250 MB |',
    );
  });

  it('gives short times in smaller units', () => {
    const report = renderReport(
      makeFigures({
        thinking: [
          { step: 'parse', ms: 0.0032 },
          { step: 'plan', ms: 61.2 },
        ],
      }),
    );
    expect(lineOf(report, 'parse')).to.equal('| parse | 3.2 µs |');
    expect(lineOf(report, 'plan')).to.equal('| plan | 61.20 ms |');
  });

  it('has rows for the agent that follows an API server', () => {
    const report = renderReport(
      makeFigures({
        liveStart: [makeLiveStart({ services: 1_000 })],
        liveChange: [makeLiveChange({ services: 100, landedP99: 250.4 })],
        liveLoad: [
          {
            services: 2_000,
            endpoints: 10,
            minSyncSeconds: 1,
            changesPerSecond: 100,
            seconds: 10.01,
            agentCpu: 0.123,
            childrenCpu: 0.0004,
            requests: 3,
          },
        ],
      }),
    );
    expect(lineOf(report, '1,000 x 10')).to.equal(
      '| 1,000 x 10 | 4.00 s | 360 MB | 390 MB | 250 MB |',
    );
    expect(lineOf(report, '100 x 10')).to.equal(
      '| 100 x 10 | 0 s | 200 | 8.00 ms | 20.00 ms | 9.00 ms | 250 ms |',
    );
    expect(lineOf(report, '2,000 x 10')).to.equal(
      '| 2,000 x 10 | 1 s | 100 | 10 s | 12.3 % | 0.0 % | 3 |',
    );
  });

  it('says which expectations hold', () => {
    const report = renderReport(makeFigures({ fullSync: [makeFullSync(), makeBaseline(9)] }));
    expect(lineOf(report, '4.5 times')).to.match(/\| 4\.5 times \| no \|$/);
  });

  it('says what could not be measured', () => {
    const report = renderReport(makeFigures({ failures: ['switchyard, 100 Services: no nft'] }));
    expect(report).to.contain('\nNot measured: switchyard, 100 Services: no nft\n');
  });

  it('has no section for what was left out', () => {
    expect(
      renderReport(makeFigures({ fullSync: [makeFullSync()] })).match(/^### .*$/gm),
    ).to.deep.equal(['### Full sync']);
  });
});

// --- internal ---

/** The line that holds the text, with single spaces. */
function lineOf(report: string, text: string): string | undefined {
  const line = report.split('\n').find((each) => each.includes(text));
  return line?.replaceAll(/ +/g, ' ');
}
