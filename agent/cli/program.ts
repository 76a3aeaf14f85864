/** The command line as a whole: every command, and what they have in common. */
import { Command } from 'commander';
import { VERSION } from '../version.ts';
import { addCheckCommand } from './check.ts';
import { addCleanupCommand } from './cleanup.ts';
import { addDiffCommand } from './diff.ts';
import { addRenderCommand } from './render.ts';
import { addRunCommand } from './run.ts';

/** The program. Wrong use rejects with a CommanderError after commander has said what is wrong. */
export function createProgram(): Command {
  const program = new Command('switchyard')
    .description(
      'A Kubernetes service proxy: serves Services on this node, by nftables or iptables rules or in userspace.',
    )
    .version(VERSION)
    .helpCommand(true)
    .showHelpAfterError('(run with --help for the options)')
    .exitOverride();
  for (const add of [
    addRunCommand,
    addRenderCommand,
    addDiffCommand,
    addCheckCommand,
    addCleanupCommand,
  ]) {
    add(program);
  }
  return program;
}
