/**
 * All tests: those that need nothing but this process, then those that need a kernel to themselves,
 * in private namespaces. The last line adds both up: `N passed, N failed, N skipped`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { type Counts, readCounts } from './test/counts.ts';
import { ENDING_LIMITS, runToItsEnd } from './test/ending.ts';

import { privateNamespaceObstacle, runPrivately } from './world/private.ts';

const USAGE = `usage: node scripts/test.ts [--only unit|netns] [-- mocha's options]

  --only unit    tests that need no privileges and no kernel features
  --only netns   tests on a real kernel, in network namespaces of their own

  node scripts/test.ts --only netns -- --grep affinity
`;

const SUITES = ['unit', 'netns'] as const;
type Suite = (typeof SUITES)[number];

const MOCHA = 'node_modules/mocha/bin/mocha.js';
const COMMON = ['--no-config', '--require', 'test/support/hooks.ts', '--timeout', '20000'];
const REPORTER = ['--reporter', 'test/support/reporter.ts'];
const SUITE_ARGUMENTS: Readonly<Record<Suite, readonly string[]>> = {
  unit: ['--ignore', 'test/netns/**', 'test/**/*.test.ts'],
  netns: ['test/netns/**/*.test.ts'],
};

process.chdir(join(import.meta.dirname, '..'));
process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { only: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const suites = SUITES.filter((suite) => values.only === undefined || values.only === suite);
  if (values.help === true || suites.length === 0) {
    process.stderr.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const results: Counts[] = [];
  for (const suite of suites) results.push(await runSuite(suite, positionals));
  const sum = (key: keyof Counts): number => results.reduce((total, each) => total + each[key], 0);
  process.stdout.write(
    `${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`,
  );
  return sum('failed') === 0 ? 0 : 1;
}

async function runSuite(suite: Suite, extra: readonly string[]): Promise<Counts> {
  process.stdout.write(`\n=== ${suite} tests ===\n`);
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-test-'));
  const file = join(folder, 'counts.json');
  process.env.SWITCHYARD_TEST_COUNTS = file;
  try {
    const exitCode = await runMocha(suite, file, [...COMMON, ...SUITE_ARGUMENTS[suite], ...extra]);
    return countsOf(suite, file, exitCode);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runMocha(suite: Suite, file: string, options: readonly string[]): Promise<number> {
  const obstacle = suite === 'netns' ? privateNamespaceObstacle() : undefined;
  if (obstacle !== undefined) return await listSkipped(options, obstacle);
  const command = [MOCHA, ...REPORTER, ...options];
  return await runToItsEnd({
    file,
    limits: ENDING_LIMITS,
    start: (signal) =>
      suite === 'netns' ? runPrivately(command, { signal }) : runHere(command, signal),
    say: (text) => process.stdout.write(`${suite} tests: ${text}\n`),
  });
}

async function runHere(command: readonly string[], cancelSignal: AbortSignal): Promise<number> {
  const options = { stdio: 'inherit', reject: false, cancelSignal } as const;
  const { exitCode } = await execa(process.execPath, command, options);
  return exitCode ?? 1;
}

/** Names every test that cannot run here. In CI that is a failure: nobody would notice otherwise. */
async function listSkipped(options: readonly string[], obstacle: string): Promise<number> {
  process.stdout.write(`cannot run here: ${obstacle}\n`);
  const reporter = ['--dry-run', '--reporter', 'test/support/skip-reporter.ts'];
  await execa(process.execPath, [MOCHA, ...reporter, ...options], {
    stdio: 'inherit',
    reject: false,
  });
  return process.env.CI === 'true' ? 1 : 0;
}

/** A suite that ended without counts, or badly with none failed, died: that is a failure too. */
function countsOf(suite: Suite, file: string, exitCode: number): Counts {
  const counts = readCounts(file);
  if (counts === undefined) {
    process.stdout.write(
      `the ${suite} tests ended with exit code ${exitCode} and without a result\n`,
    );
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}
