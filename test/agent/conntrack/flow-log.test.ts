import { expect } from 'chai';
import { pino } from 'pino';
import { ConntrackError } from '../../../agent/conntrack/conntrack-error.ts';
import { createFlowLog } from '../../../agent/conntrack/flow-log.ts';

describe('the log of the flow cleaner', () => {
  let lines: string[];
  const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) });
  const missing = new ConntrackError('program-missing', 'there is no program');

  beforeEach(() => {
    lines = [];
  });

  it('says what was removed, and nothing when nothing was', () => {
    const observer = createFlowLog(log);
    observer.cleaned?.('IPv4', 0, 12.3);
    observer.cleaned?.('IPv4', 3, 45.6);
    expect(lines).to.have.length(1);
    expect(JSON.parse(lines[0] ?? '')).to.include({ family: 'IPv4', removed: 3, elapsedMs: 46 });
  });

  it('says the same failure once a family, and again after it was over', () => {
    const observer = createFlowLog(log);
    observer.cleanFailed?.('IPv4', missing);
    observer.cleanFailed?.('IPv4', missing);
    observer.cleanFailed?.('IPv6', missing);
    expect(lines).to.have.length(2);
    expect(JSON.parse(lines[0] ?? '')).to.include({
      family: 'IPv4',
      code: 'program-missing',
      error: 'there is no program',
    });
    observer.cleaned?.('IPv4', 0, 1);
    observer.cleanFailed?.('IPv4', missing);
    expect(lines).to.have.length(3);
  });

  it('says what is a bug of ours', () => {
    createFlowLog(log).cleanFailed?.('IPv4', new TypeError('oops'));
    expect(JSON.parse(lines[0] ?? '')).to.include({ code: 'bug', error: 'oops' });
  });
});
