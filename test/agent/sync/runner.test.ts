import { expect } from 'chai';
import { SyncRunner, type RunnerOptions } from '../../../agent/sync/runner.ts';
import { FakeClock } from './support/fake-clock.ts';

const SECOND = 1000;

describe('sync runner', () => {
  it('does nothing until it is asked', async () => {
    const stage = startRunner();
    await stage.clock.pass(0);
    expect(stage.starts).to.deep.equal([]);
  });

  it('syncs once for any number of requests before it starts', async () => {
    const stage = startRunner();
    for (let i = 0; i < 5; i++) stage.runner.request();
    await stage.clock.pass(10 * SECOND);
    expect(stage.starts).to.deep.equal([0]);
  });

  it('takes up a request that came before it ran', async () => {
    const stage = startRunner({}, (runner) => {
      runner.request();
    });
    await stage.clock.pass(0);
    expect(stage.starts).to.deep.equal([0]);
  });

  it('syncs once more for all requests that came during a sync', async () => {
    const stage = startRunner({ minIntervalMs: 0 });
    stage.syncTakes(3 * SECOND);
    stage.runner.request();
    await stage.clock.pass(SECOND);
    stage.runner.request();
    stage.runner.request();
    await stage.clock.pass(9 * SECOND);
    expect(stage.starts).to.deep.equal([0, 3 * SECOND]);
  });

  it('lets the minimum interval pass from the end of one sync to the start of the next', async () => {
    const stage = startRunner({ minIntervalMs: 5 * SECOND });
    stage.syncTakes(3 * SECOND);
    stage.runner.request();
    await stage.clock.pass(SECOND);
    stage.runner.request();
    await stage.clock.pass(20 * SECOND);
    expect(stage.starts).to.deep.equal([0, 8 * SECOND]);
  });

  it('syncs at once when the last sync is long ago', async () => {
    const stage = startRunner({ minIntervalMs: 5 * SECOND });
    stage.runner.request();
    await stage.clock.pass(7 * SECOND);
    stage.runner.request();
    await stage.clock.pass(SECOND);
    expect(stage.starts).to.deep.equal([0, 7 * SECOND]);
  });

  it('syncs unasked after the maximum interval', async () => {
    const stage = startRunner({ minIntervalMs: SECOND, maxIntervalMs: 30 * SECOND });
    await stage.clock.pass(70 * SECOND);
    expect(stage.starts).to.deep.equal([30 * SECOND, 61 * SECOND]);
  });

  it('tries again after a failure, later each time, up to the retry interval', async () => {
    const stage = startRunner({ minIntervalMs: 0, retryIntervalMs: 10 * SECOND });
    stage.syncsFail(6);
    stage.runner.request();
    await stage.clock.pass(60 * SECOND);
    const seconds = stage.starts.map((ms) => ms / SECOND);
    expect(seconds).to.deep.equal([0, 1, 3, 7, 15, 25, 35]);
  });

  it('is patient again after a success', async () => {
    const stage = startRunner({ minIntervalMs: 0 });
    stage.syncsFail(3);
    stage.runner.request();
    await stage.clock.pass(20 * SECOND);
    stage.syncsFail(1);
    stage.runner.request();
    await stage.clock.pass(20 * SECOND);
    const seconds = stage.starts.map((ms) => ms / SECOND);
    expect(seconds).to.deep.equal([0, 1, 3, 7, 20, 21]);
  });

  it('does not wait for its next try when it is asked', async () => {
    const stage = startRunner({ minIntervalMs: SECOND, retryIntervalMs: 60 * SECOND });
    stage.syncsFail(4);
    stage.runner.request();
    await stage.clock.pass(14 * SECOND);
    expect(stage.starts.map((ms) => ms / SECOND)).to.deep.equal([0, 2, 5, 10]);
    stage.runner.request();
    await stage.clock.pass(0);
    expect(stage.starts.at(-1)).to.equal(14 * SECOND);
  });

  const MOMENTS = [
    { name: 'while it waits for a request', request: false, passMs: SECOND },
    { name: 'while it keeps its distance from the last sync', request: true, passMs: SECOND },
  ];
  for (const { name, request, passMs } of MOMENTS) {
    it(`ends at once when it is stopped ${name}`, async () => {
      const stage = startRunner({ minIntervalMs: 30 * SECOND });
      if (request) stage.runner.request();
      await stage.clock.pass(passMs);
      stage.stop();
      await stage.done;
      expect(stage.starts).to.have.lengthOf(request ? 1 : 0);
      expect(stage.clock.sleeping).to.equal(0);
    });
  }

  it('ends without a sync when it is stopped before it starts', async () => {
    const stage = startRunner({}, (runner, stop) => {
      runner.request();
      stop();
    });
    await stage.done;
    expect(stage.starts).to.deep.equal([]);
  });

  it('waits for the sync under way when it is stopped, and begins no other', async () => {
    const stage = startRunner({ minIntervalMs: 0 });
    stage.syncTakes(3 * SECOND);
    stage.runner.request();
    await stage.clock.pass(SECOND);
    stage.runner.request();
    stage.stop();
    let isDone = false;
    void stage.done.then(() => (isDone = true));
    await stage.clock.pass(SECOND);
    expect(isDone).to.be.false;
    await stage.clock.pass(5 * SECOND);
    expect(isDone).to.be.true;
    expect(stage.starts).to.deep.equal([0]);
  });
});

// --- internal ---

interface Stage {
  readonly runner: SyncRunner;
  readonly clock: FakeClock;
  /** When each sync started. */
  readonly starts: readonly number[];
  readonly done: Promise<void>;
  readonly stop: () => void;
  syncTakes(ms: number): void;
  syncsFail(times: number): void;
}

/** A runner that runs, with intervals that are of no account unless a test gives them. */
function startRunner(
  options: Partial<RunnerOptions> = {},
  before: (runner: SyncRunner, stop: () => void) => void = () => undefined,
): Stage {
  const clock = new FakeClock();
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
  };
  const starts: number[] = [];
  let durationMs = 0;
  let failures = 0;
  const runner = new SyncRunner({
    minIntervalMs: SECOND,
    maxIntervalMs: 3600 * SECOND,
    retryIntervalMs: 30 * SECOND,
    sleep: clock.sleep,
    sync: async () => {
      starts.push(clock.now());
      if (durationMs > 0) await clock.sleep(durationMs, new AbortController().signal);
      if (failures-- > 0) throw new Error('the sync failed');
    },
    ...options,
  });
  before(runner, stop);
  return {
    runner,
    clock,
    starts,
    done: runner.run(controller.signal),
    stop,
    syncTakes: (ms) => (durationMs = ms),
    syncsFail: (times) => (failures = times),
  };
}
