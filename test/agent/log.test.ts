import { expect } from 'chai';
import { execa } from 'execa';
import type { AgentConfig } from '../../agent/config/agent-config.ts';

type Logging = AgentConfig['logging'];

describe('the log', () => {
  it('writes a line a fact for people', async () => {
    expect(await linesOf({ format: 'text', verbosity: 0 })).to.deep.equal([
      'TIME info  plain service=default/web count=2',
      'TIME warn  with spaces problem="expected a port, got \\"x\\"" empty="" list=["a","b"]',
      'TIME error "two\\nlines and a bell\\u0007" text="a\\nb\\u001b[31m" other="\\u{9b}31m\\u{202e}"',
    ]);
  });

  it('writes JSON for machines, with the level as a word', async () => {
    const lines = await linesOf({ format: 'json', verbosity: 0 });
    expect(lines.map((line) => JSON.parse(line) as unknown)).to.deep.equal([
      { level: 'info', time: 'TIME', service: 'default/web', count: 2, msg: 'plain' },
      {
        level: 'warn',
        time: 'TIME',
        problem: 'expected a port, got "x"',
        empty: '',
        list: ['a', 'b'],
        msg: 'with spaces',
      },
      {
        level: 'error',
        time: 'TIME',
        text: 'a\nb\u001b[31m',
        other: '\u009b31m\u202e',
        msg: 'two\nlines and a bell\u0007',
      },
    ]);
  });

  for (const { verbosity, isDebug } of [
    { verbosity: 0, isDebug: false },
    { verbosity: 1, isDebug: false },
    { verbosity: 2, isDebug: true },
    { verbosity: 9, isDebug: true },
  ]) {
    it(`${isDebug ? 'tells' : 'keeps'} details at verbosity ${verbosity}`, async () => {
      const lines = await linesOf({ format: 'text', verbosity });
      expect(lines.some((line) => line.includes('debug'))).to.equal(isDebug);
    });
  }
});

// --- internal ---

const LOG_MODULE = new URL('../../agent/log.ts', import.meta.url).href;

/** What a process that logs leaves on standard error, its times replaced; standard output is empty. */
async function linesOf(logging: Logging): Promise<string[]> {
  const program = `
    import { createLog } from ${JSON.stringify(LOG_MODULE)};
    const log = createLog(${JSON.stringify(logging)});
    log.info({ service: 'default/web', count: 2 }, 'plain');
    log.debug('details');
    log.warn({ problem: 'expected a port, got "x"', empty: '', list: ['a', 'b'] }, 'with spaces');
    log.error({ text: 'a\\nb\\u001b[31m', other: '\\u009b31m\\u202e' }, 'two\\nlines and a bell\\u0007');
    process.exit(0);`;
  const { stdout, stderr } = await execa(process.execPath, [
    '--input-type=module-typescript',
    '--eval',
    program,
  ]);
  expect(stdout).to.equal('');
  return stderr.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME').split('\n');
}
