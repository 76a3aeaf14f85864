import { expect } from 'chai';
import {
  answeredCount,
  outcomeOf,
  outcomeOfLoads,
  outcomeSince,
} from '../../../scripts/demo/outcome.ts';
import type { ConnectResult } from '../../../scripts/world/host/protocol.ts';
import { clientIp } from '../../support/addresses.ts';

describe('the outcome of connections', () => {
  it('counts who answered, and all others as failed', () => {
    const results = [answeredBy('a'), { outcome: 'timeout' }, answeredBy('b'), answeredBy('a')];
    expect(outcomeOf([...results, REJECTED] as ConnectResult[])).to.deep.equal({
      answeredBy: { a: 2, b: 1 },
      failed: 2,
    });
  });

  it('adds up several loads', () => {
    const outcome = outcomeOfLoads([
      { answered: 3, failed: 1, answeredBy: { a: 2, b: 1 }, firstFailures: [] },
      { answered: 5, failed: 2, answeredBy: { b: 5 }, firstFailures: [] },
    ]);
    expect(outcome).to.deep.equal({ answeredBy: { a: 2, b: 6 }, failed: 3 });
    expect(answeredCount(outcome)).to.equal(8);
  });

  it('since a look names only those who answered since', () => {
    const earlier = { answeredBy: { gone: 7, stays: 2 }, failed: 1 };
    const later = { answeredBy: { gone: 7, stays: 5, comes: 3 }, failed: 4 };
    expect(outcomeSince(later, earlier)).to.deep.equal({
      answeredBy: { stays: 3, comes: 3 },
      failed: 3,
    });
  });
});

// --- internal ---

const REJECTED: ConnectResult = { outcome: 'rejected' };

function answeredBy(by: string): ConnectResult {
  return { outcome: 'answered', by, port: 80, source: clientIp('IPv4', 1), sourcePort: 40_000 };
}
