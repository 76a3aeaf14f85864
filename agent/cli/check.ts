/** `switchyard check`: whether this node has what the agent needs. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { addConfigFlags, type FlagValues } from '../config/flags.ts';
import { createMode } from '../modes/modes.ts';
import type { Finding } from '../node/preflight.ts';
import { ExitError, EXIT_FAILED } from './exit.ts';
import { complain, print, setUp } from './setup.ts';

/** Adds the command. */
export function addCheckCommand(program: Command): void {
  addConfigFlags(program.command('check'))
    .description('look for every tool, privilege, kernel feature and sysctl that the agent needs')
    .addHelpText('after', HELP)
    .action(check);
}

// --- internal ---

const HELP = `
Looks at what the mode needs (--proxy-mode). Changes nothing: kernel features are tried with dry runs. Exits with 1 if something needed is missing.

Examples:
  sudo switchyard check
  sudo switchyard check --proxy-mode iptables
  sudo switchyard check --proxy-mode userspace`;

async function check(flags: FlagValues): Promise<void> {
  const { config, warnings } = setUp(flags);
  for (const warning of warnings) complain(`warning: ${warning}`);
  const findings = await createMode(config).check();
  for (const finding of findings) await print(lineOf(finding));
  const missing = findings.filter(({ level }) => level === 'missing');
  if (missing.length > 0) {
    throw new ExitError(EXIT_FAILED, `${missing.length} needed and missing, see above`);
  }
}

const LEVEL_TEXT = {
  ok: styleText('green', 'ok     ', { stream: process.stdout }),
  warning: styleText('yellow', 'warning', { stream: process.stdout }),
  missing: styleText('red', 'missing', { stream: process.stdout }),
} as const;

function lineOf({ level, what, advice }: Finding): string {
  return `${LEVEL_TEXT[level]}  ${what}${advice === '' ? '' : `\n         ${advice}`}\n`;
}
