/**
 * Mocha's spec reporter with a plain closing line, `N passed, N failed, N skipped`. The counts also
 * go to the file named by SWITCHYARD_TEST_COUNTS, so that scripts/test.ts can add up several runs.
 */
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

export default class PlainReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      const countsFile = process.env.SWITCHYARD_TEST_COUNTS;
      if (countsFile !== undefined) {
        writeFileSync(
          countsFile,
          JSON.stringify({ passed: passes, failed: failures, skipped: pending }),
        );
      } else {
        process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
      }
    });
  }
}
