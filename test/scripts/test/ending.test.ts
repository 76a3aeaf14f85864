import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { runToItsEnd } from '../../../scripts/test/ending.ts';

const MOCHA = 'node_modules/mocha/bin/mocha.js';
const LIMITS = { suite: 60_000, closing: 60_000 };

/** Each ends, or does not, in a way of its own. */
const SUITES = {
  good: `it('passes', () => undefined);`,
  bad: `it('fails', () => { throw new Error('bad'); });`,
  open: `import { createServer } from 'node:net';
    it('listens', () => { createServer().listen(0, '127.0.0.1'); });`,
  slow: `it('never ends', () => { for (;;); });`,
  lost: `it('keeps Node from its end', () => {
    process.on('exit', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });`,
};

describe('the end of a suite', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-ending-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('has the exit code of mocha', async () => {
    expect((await run('good')).exitCode).to.equal(0);
    expect((await run('bad')).exitCode).to.equal(1);
  });

  it('is a failure that names what was left open', async () => {
    const { exitCode, stdout } = await run('open');
    expect(exitCode).to.equal(1);
    expect(stdout).to.match(/^the tests left something open: .*TCPServerWrap/m);
  });

  it('comes after a time limit, as a failure', async () => {
    const { exitCode, said } = await run('slow', { ...LIMITS, suite: 2000 });
    expect(exitCode).to.equal(1);
    expect(said).to.equal('no result after 2 s');
  });

  it('comes where Node would not end after its exit, as a failure', async () => {
    const { exitCode, said } = await run('lost', { ...LIMITS, closing: 1000 });
    expect(exitCode).to.equal(1);
    expect(said).to.equal('the process is still there 1 s after the last test');
  });

  async function run(name: keyof typeof SUITES, limits = LIMITS): Promise<Ending> {
    const suite = join(folder, 'suite.test.mjs');
    await writeFile(suite, SUITES[name]);
    const file = join(folder, 'counts.json');
    let said: string | undefined;
    let stdout = '';
    const exitCode = await runToItsEnd({
      file,
      limits,
      say: (text) => {
        said = text;
      },
      start: async (cancelSignal) => {
        const env = { SWITCHYARD_TEST_COUNTS: file };
        const options = { cancelSignal, reject: false, env } as const;
        const result = await execa(process.execPath, [MOCHA, ...OPTIONS, suite], options);
        ({ stdout } = result);
        return result.exitCode ?? 1;
      },
    });
    return { exitCode, said, stdout };
  }
});

// --- internal ---

const OPTIONS = [
  '--no-config',
  '--reporter',
  'test/support/reporter.ts',
  '--reporter-option',
  'closingMs=300',
];

interface Ending {
  readonly exitCode: number;
  /** Why it was ended, if it was. */
  readonly said: string | undefined;
  readonly stdout: string;
}
