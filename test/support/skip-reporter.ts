/**
 * For a dry run: names every test as skipped, where the suite cannot run, and counts it so.
 */
import Mocha from 'mocha';
import { writeCounts } from '../../scripts/test/counts.ts';

export default class SkipReporter extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    let skipped = 0;
    runner.on('test end', (test) => {
      skipped += 1;
      process.stdout.write(`  - ${test.fullTitle()} (skipped)\n`);
    });
    runner.once('end', () => {
      writeCounts({ passed: 0, failed: 0, skipped });
    });
  }
}
