/**
 * Mocha's spec reporter with a plain closing line, `N passed, N failed, N skipped`. The counts also
 * go to whoever started the suite, so that scripts/test.ts can add up several runs. What is still open
 * `closingMs` after the last test (a reporter option; 15 s) is named, and fails the suite.
 */
import Mocha from 'mocha';
import { writeCounts } from '../../scripts/test/counts.ts';

const CLOSING_MS = 15_000;

export default class PlainReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { closingMs = CLOSING_MS } = (options.reporterOptions ?? {}) as { closingMs?: string };
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      if (!writeCounts({ passed: passes, failed: failures, skipped: pending })) {
        process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
      }
      // Keeps nothing running by itself: where all is closed, the process ends before.
      setTimeout(failForWhatIsOpen, Number(closingMs)).unref();
    });
  }
}

// --- internal ---

function failForWhatIsOpen(): void {
  const open = process.getActiveResourcesInfo().join(', ');
  process.stdout.write(`the tests left something open: ${open}\n`);
  // After mocha's own listener, which sets the exit code to the number of failures.
  process.once('exit', () => {
    process.exitCode = 1;
  });
  process.exit();
}
