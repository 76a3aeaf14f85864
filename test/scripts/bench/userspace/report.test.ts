import { expect } from 'chai';
import { checkExpectations } from '../../../../scripts/bench/expectations.ts';
import { renderReport } from '../../../../scripts/bench/report.ts';
import type { UserspaceFigures } from '../../../../scripts/bench/userspace/figures.ts';
import { makeFigures } from '../support.ts';

const FIGURES: UserspaceFigures = {
  missing: [],
  connections: [
    { carrier: 'switchyard', perSecond: 6_000, cpuMicroseconds: 120, userMicroseconds: 40 },
    { carrier: 'haproxy', perSecond: 9_000, cpuMicroseconds: 60, userMicroseconds: 6 },
  ],
  throughput: [{ carrier: 'switchyard', bytesPerSecond: 750e6, cpuSecondsPerGiB: 0.9 }],
  latency: [{ carrier: 'switchyard', perSecond: 1_500, addedP50: 0.2, addedP99: 1.25 }],
  idle: [{ carrier: 'switchyard', connections: 10_000, emptyBytes: 100e6, fullBytes: 155e6 }],
  listeners: [{ carrier: 'switchyard', listeners: 5_000, seconds: 0.8, bytes: 157e6 }],
  datagrams: [
    {
      carrier: 'switchyard',
      clients: 10_000,
      perSecond: 14_000,
      cpuMicroseconds: 24.5,
      sent: 10_500,
      lost: 0,
    },
  ],
};

describe('the figures of the userspace proxy', () => {
  const report = renderReport(makeFigures({ userspace: [FIGURES] }));
  const rows = report
    .split('\n')
    .filter((line) => line.startsWith('| switchyard'))
    .map((line) => line.replaceAll(/ +/g, ' '));

  it('are tables, one for each thing', () => {
    expect(rows).to.deep.equal([
      '| switchyard | 6,000 | 120.0 µs | 40.0 µs | 8,333 | 50 % |',
      '| switchyard | 750 MB | 0.90 s |',
      '| switchyard | 1,500 | 0.20 ms | 1.25 ms |',
      '| switchyard | 10,000 | 100 MB | 155 MB | 5.5 kB |',
      '| switchyard | 5,000 | 0.80 s | 157 MB |',
      '| switchyard | 10,000 | 14,000 | 24.5 µs | 10,500 | 0 |',
    ]);
  });

  it('say what was missing', () => {
    const missing = ['haproxy: install the package haproxy'];
    expect(renderReport(makeFigures({ userspace: [{ ...FIGURES, missing }] }))).to.match(
      /### Userspace: not measured\n\n\| missing +\|\n\| -+ \|\n\| haproxy: install/,
    );
  });

  const judged = (figures: UserspaceFigures) =>
    checkExpectations(makeFigures({ userspace: [figures] })).map(({ holds }) => holds);

  it('should be half of what haproxy does, with no datagram lost', () => {
    expect(judged(FIGURES)).to.deep.equal([true, true]);
  });

  it('may be less than that', () => {
    const slow = FIGURES.connections.map((figure) =>
      figure.carrier === 'switchyard' ? { ...figure, cpuMicroseconds: 121 } : figure,
    );
    const lossy = FIGURES.datagrams.map((figure) => ({ ...figure, lost: 1 }));
    expect(judged({ ...FIGURES, connections: slow, datagrams: lossy })).to.deep.equal([
      false,
      false,
    ]);
  });

  it('say nothing of haproxy where it was missing', () => {
    expect(judged({ ...FIGURES, connections: FIGURES.connections.slice(0, 1) })).to.deep.equal([
      true,
    ]);
  });
});
