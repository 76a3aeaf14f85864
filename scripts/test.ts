/**
 * All tests: those that need nothing but this process, then those that need a kernel to themselves,
 * in private namespaces. The last line adds both up: `N passed, N failed, N skipped`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { privateNamespaceObstacle, runPrivately } from './world/private.ts';

const USAGE = `usage: node scripts/test.ts [--only unit|netns] [-- mocha's options]

  --only unit    tests that need no privileges and no kernel features
  --only netns   tests on a real kernel, in network namespaces of their own

  node scripts/test.ts --only netns -- --grep affinity
`;

/** How many tests ended how. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

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
  const countsFile = join(folder, 'counts.json');
  process.env.SWITCHYARD_TEST_COUNTS = countsFile;
  try {
    const exitCode = await runMocha(suite, [...COMMON, ...SUITE_ARGUMENTS[suite], ...extra]);
    return readCounts(countsFile, suite, exitCode);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runMocha(suite: Suite, mochaArguments: readonly string[]): Promise<number> {
  const obstacle = suite === 'netns' ? privateNamespaceObstacle() : undefined;
  if (obstacle !== undefined) return await listSkipped(mochaArguments, obstacle);
  const command = [MOCHA, ...REPORTER, ...mochaArguments];
  if (suite === 'netns') return await runPrivately(command);
  const { exitCode } = await execa(process.execPath, command, { stdio: 'inherit', reject: false });
  return exitCode ?? 1;
}

/** Names every test that cannot run here. In CI that is a failure: nobody would notice otherwise. */
async function listSkipped(mochaArguments: readonly string[], obstacle: string): Promise<number> {
  process.stdout.write(`cannot run here: ${obstacle}\n`);
  const reporter = ['--dry-run', '--reporter', 'test/support/skip-reporter.ts'];
  await execa(process.execPath, [MOCHA, ...reporter, ...mochaArguments], {
    stdio: 'inherit',
    reject: false,
  });
  return process.env.CI === 'true' ? 1 : 0;
}

/** A suite that ended without counts, or badly with none failed, died: that is a failure too. */
function readCounts(file: string, suite: Suite, exitCode: number): Counts {
  try {
    const counts = JSON.parse(readFileSync(file, 'utf8')) as Counts;
    return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } catch {
    process.stdout.write(
      `the ${suite} tests ended with exit code ${exitCode} and without a result\n`,
    );
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
