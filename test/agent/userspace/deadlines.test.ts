import { mock } from 'node:test';
import { expect } from 'chai';
import { Deadlines } from '../../../agent/userspace/deadlines.ts';

describe('deadlines', () => {
  let now: number;
  let deadlines: Deadlines;
  let timedOut: string[];

  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval'] });
    now = 0;
    timedOut = [];
    deadlines = new Deadlines(() => now);
  });

  afterEach(() => {
    mock.timers.reset();
  });

  const waiter = (name: string) => ({ timedOut: () => void timedOut.push(name) });
  const pass = (ms: number) => {
    for (let step = 0; step < ms; step += 5) {
      now += 5;
      mock.timers.tick(5);
    }
  };

  it('tell each waiter when its time is over, and not before', () => {
    deadlines.add(waiter('long'), 1_000);
    deadlines.add(waiter('short'), 250);
    pass(245);
    expect(timedOut).to.deep.equal([]);
    pass(30);
    expect(timedOut).to.deep.equal(['short']);
    pass(750);
    expect(timedOut).to.deep.equal(['short', 'long']);
  });

  it('leave alone who does not wait any more', () => {
    const gone = waiter('gone');
    deadlines.add(gone, 250);
    deadlines.add(waiter('late'), 250);
    deadlines.delete(gone, 250);
    pass(1_000);
    expect(timedOut).to.deep.equal(['late']);
  });

  it('begin anew after all had ended', () => {
    deadlines.add(waiter('first'), 250);
    pass(1_000);
    deadlines.add(waiter('second'), 250);
    pass(245);
    expect(timedOut).to.deep.equal(['first']);
    pass(30);
    expect(timedOut).to.deep.equal(['first', 'second']);
  });

  it('let a waiter wait again when it is told', () => {
    const again = {
      timedOut: () => {
        timedOut.push('again');
        if (timedOut.length < 3) deadlines.add(again, 250);
      },
    };
    deadlines.add(again, 250);
    pass(2_000);
    expect(timedOut).to.have.length(3);
  });

  it('let a waiter wait again for another time, when nobody else waits', () => {
    deadlines.add(waiter('first'), 1_000);
    pass(2_000);
    const again = {
      timedOut: () => {
        deadlines.add(waiter('again'), 1_000);
      },
    };
    deadlines.add(again, 250);
    pass(2_000);
    expect(timedOut).to.deep.equal(['first', 'again']);
  });
});
