import { expect } from 'chai';
import { parseLogLine } from '../../../scripts/demo/agent-log.ts';

describe("an agent's log", () => {
  it('says what was applied, when, and how long it took', () => {
    expect(parseLogLine(line({ ...APPLIED, msg: 'applied' }))).to.deep.equal({
      ...APPLIED,
      msg: 'applied',
      time: Date.UTC(2026, 0, 1, 12),
    });
  });

  it('says what changed', () => {
    const changed = { msg: 'changed', family: 'IPv6', service: 'default/web', change: '+ chain x' };
    expect(parseLogLine(line(changed))).to.deep.equal(changed);
  });

  const OTHERS = [
    { name: 'a message', text: line({ msg: 'starting' }), read: 'info: starting' },
    {
      name: 'a message about a problem',
      text: line({ msg: 'bad input', problem: 'web.yaml:3: no' }),
      read: 'info: bad input: web.yaml:3: no',
    },
    {
      name: 'an "applied" of another shape',
      text: line({ msg: 'applied', family: 'IPv5' }),
      read: 'info: applied',
    },
    { name: 'a stack trace', text: '    at main.ts:1:1', read: '    at main.ts:1:1' },
  ];
  for (const { name, text, read } of OTHERS) {
    it(`passes on ${name} for people to read`, () => {
      expect(parseLogLine(text)).to.deep.equal({ msg: 'other', text: read });
    });
  }
});

// --- internal ---

const APPLIED = { family: 'IPv4', added: 3, replaced: 2, removed: 1, elapsedMs: 4.5 };

function line(fields: object): string {
  return JSON.stringify({ level: 'info', time: '2026-01-01T12:00:00.000Z', ...fields });
}
