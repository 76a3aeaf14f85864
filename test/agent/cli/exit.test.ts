import { CommanderError } from 'commander';
import { expect } from 'chai';
import { ExitError, exitCodeOf, explain } from '../../../agent/cli/exit.ts';
import { ManifestPathError } from '../../../agent/cluster/problems.ts';
import { ConfigError } from '../../../agent/config/config-error.ts';
import { KernelError } from '../../../agent/kernel/kernel-error.ts';

describe('how the program ends', () => {
  const CASES: readonly {
    readonly name: string;
    readonly error: unknown;
    readonly exitCode: number;
    readonly text: string | RegExp;
  }[] = [
    {
      name: 'help was asked for',
      error: new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'),
      exitCode: 0,
      text: '',
    },
    {
      name: 'it was used wrongly, of which commander has told',
      error: new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'"),
      exitCode: 2,
      text: '',
    },
    {
      name: 'the configuration is wrong',
      error: new ConfigError(['--x: expected a number, got "y"']),
      exitCode: 2,
      text: 'switchyard: --x: expected a number, got "y"',
    },
    {
      name: 'there are no manifests',
      error: new ManifestPathError('expected a file'),
      exitCode: 2,
      text: 'switchyard: expected a file',
    },
    {
      name: 'the kernel or nft failed',
      error: new KernelError('timeout', 'nft did not end'),
      exitCode: 1,
      text: 'switchyard: nft did not end',
    },
    {
      name: 'it may not change the kernel',
      error: new KernelError('not-permitted', 'nft list chains ip failed: must be root'),
      exitCode: 1,
      text: 'switchyard: nft list chains ip failed: must be root: run as root, or with CAP_NET_ADMIN',
    },
    {
      name: 'a command says how',
      error: new ExitError(1, 'the sync failed'),
      exitCode: 1,
      text: 'switchyard: the sync failed',
    },
    {
      name: 'a command says how, and has told why',
      error: new ExitError(1),
      exitCode: 1,
      text: '',
    },
    {
      name: 'a bug of ours comes to light',
      error: new RangeError('off by one'),
      exitCode: 70,
      text: /^switchyard: this is a bug, please report it\nRangeError: off by one\n {4}at /,
    },
    {
      name: 'something was thrown that is no error',
      error: 'a string',
      exitCode: 70,
      text: 'switchyard: this is a bug, please report it\na string',
    },
  ];
  for (const { name, error, exitCode, text } of CASES) {
    it(`is with ${exitCode} when ${name}`, () => {
      expect(exitCodeOf(error)).to.equal(exitCode);
      if (typeof text === 'string') expect(explain(error)).to.equal(text);
      else expect(explain(error)).to.match(text);
    });
  }
});
