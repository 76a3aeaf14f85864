import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { runToItsEnd } from '../../../scripts/test/ending.ts';
import { readOutcome, type Outcome } from '../../../scripts/test/outcome.ts';

const MOCHA = 'node_modules/mocha/bin/mocha.js';
const LIMITS = { suite: 60_000, closing: 60_000, exit: 60_000 };
const COUNTS = { passed: 1, failed: 0, skipped: 0 };

/** Each ends, or does not, in a way of its own. */
const SUITES = {
  good: `it('passes', () => undefined);`,
  bad: `it('fails', () => { throw new Error('bad'); });`,
  open: `import { createServer } from 'node:net';
    it('listens', () => { createServer().listen(0, '127.0.0.1'); });`,
  slow: `it('never ends', () => { for (;;); });`,
  busy: `it('leaves a loop behind', () => { setTimeout(() => { for (;;); }, 100); });`,
  deadlocked: `it('keeps Node from its end', () => {
    const stop = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    // Later than the reporter's own.
    setTimeout(() => process.on('exit', stop), 100);
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
    expect(await run('good')).to.deep.equal({ exitCode: 0, outcome: { ...COUNTS, exitCode: 0 } });
    const { exitCode, outcome } = await run('bad');
    expect(exitCode).to.equal(1);
    expect(outcome).to.include({ passed: 0, failed: 1 });
  });

  it('is a failure that names what was left open', async () => {
    const { exitCode, stdout } = await run('open');
    expect(exitCode).to.equal(1);
    expect(stdout).to.match(/^the tests left something open: .*TCPServerWrap/m);
  });

  it('comes after a time limit, as a failure', async () => {
    const limits = { ...LIMITS, suite: 2000 };
    expect(await run('slow', limits)).to.deep.equal({
      exitCode: 1,
      said: 'the suite has no result after 2 s',
    });
  });

  it('comes when the process is too busy to close', async () => {
    const { exitCode, said } = await run('busy', { ...LIMITS, closing: 1000 });
    expect({ exitCode, said }).to.deep.equal({
      exitCode: 1,
      said: 'something that the tests opened is still open 1 s later',
    });
  });

  it('comes when Node hangs after its exit, and is no failure', async () => {
    expect(await run('deadlocked', { ...LIMITS, exit: 1000 })).to.deep.equal({
      exitCode: 0,
      outcome: { ...COUNTS, exitCode: 0 },
      said: 'Node did not end within 1 s after its exit, and was ended',
    });
  });

  interface Ending {
    readonly exitCode: number;
    readonly outcome?: Outcome;
    readonly said?: string;
    readonly stdout?: string;
  }

  async function run(name: keyof typeof SUITES, limits = LIMITS): Promise<Ending> {
    const suite = join(folder, 'suite.test.mjs');
    await writeFile(suite, SUITES[name]);
    const file = join(folder, 'outcome.json');
    let said: string | undefined;
    let stdout = '';
    const exitCode = await runToItsEnd({
      file,
      limits,
      say: (text) => {
        said = text;
      },
      start: async (cancelSignal) => {
        const result = await execa(process.execPath, [MOCHA, ...OPTIONS, suite], {
          cancelSignal,
          reject: false,
          env: { SWITCHYARD_TEST_COUNTS: file },
        });
        stdout = result.stdout;
        return result.exitCode ?? 1;
      },
    });
    const outcome = readOutcome(file);
    return {
      exitCode,
      ...(outcome !== undefined && { outcome }),
      ...(said !== undefined && { said }),
      ...(name === 'open' && { stdout }),
    };
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
