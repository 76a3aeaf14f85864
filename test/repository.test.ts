/** The repository itself: what every commit must keep true of all files. */
import { execa } from 'execa';
import { expect } from 'chai';

/** Each looks at the whole tree, which takes its time on a small machine. */
const TIMEOUT_MS = 180_000;

const CHECKS = [
  { title: 'type-checks', script: 'node_modules/typescript/bin/tsc', args: [] },
  {
    title: 'has nothing for the linter to say',
    script: 'node_modules/eslint/bin/eslint.js',
    args: ['.', '--max-warnings', '0'],
  },
  {
    title: 'is formatted',
    script: 'node_modules/prettier/bin/prettier.cjs',
    args: ['--check', '.'],
  },
] as const;

describe('the repository', function () {
  this.timeout(TIMEOUT_MS);

  for (const { title, script, args } of CHECKS) {
    it(title, async () => {
      const { all, exitCode } = await execa(process.execPath, [script, ...args], {
        all: true,
        reject: false,
        env: { NO_COLOR: '1' },
      });
      expect(exitCode, all).to.equal(0);
    });
  }
});
