import { expect } from 'chai';
import { ApiError } from '../../../../agent/cluster/api/api-error.ts';
import { OutageReporter } from '../../../../agent/cluster/api/outage-reporter.ts';
import { ManualClock } from './support/manual-clock.ts';

const ERROR = new ApiError('unreachable', 'refused');
const MINUTE_MS = 60_000;

describe('OutageReporter', () => {
  let clock: ManualClock;
  let told: string[];
  let reporter: OutageReporter;

  beforeEach(() => {
    clock = new ManualClock();
    told = [];
    const observer = {
      away: ({ kinds }: { kinds: readonly string[] }) => told.push(`away ${kinds.join()}`),
      back: (lastedMs: number) => told.push(`back ${lastedMs}`),
    };
    reporter = new OutageReporter(clock, observer, () => 0);
  });

  it('says an outage at once, and then after one minute, two, four', () => {
    const minutes: number[] = [];
    for (let minute = 0; minute < 16; minute += 1) {
      told = [];
      reporter.failed('Service', ERROR);
      if (told.length > 0) minutes.push(minute);
      clock.advance(MINUTE_MS);
    }
    expect(minutes).to.deep.equal([0, 1, 3, 7, 15]);
  });

  it('says one outage of several kinds once', () => {
    reporter.failed('Service', ERROR);
    reporter.failed('Node', ERROR);
    expect(told).to.deep.equal(['away Service']);
  });

  it('says that it is over when all kinds are back, and how long it was', () => {
    reporter.failed('Service', ERROR);
    reporter.failed('Node', ERROR);
    clock.advance(5_000);
    reporter.recovered('Service');
    expect(told).to.deep.equal(['away Service']);
    reporter.recovered('Node');
    expect(told).to.deep.equal(['away Service', 'back 5000']);
  });

  it('says nothing of what was never away', () => {
    reporter.recovered('Service');
    expect(told).to.deep.equal([]);
  });

  it('says the next outage at once', () => {
    reporter.failed('Service', ERROR);
    reporter.recovered('Service');
    reporter.failed('Service', ERROR);
    expect(told).to.deep.equal(['away Service', 'back 0', 'away Service']);
  });
});
