/** `switchyard check`: whether this node has what the agent needs. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { createNft } from '../kernel/nft-process.ts';
import { preflight, type Finding } from '../node/preflight.ts';
import { SYSTEM } from '../node/system.ts';
import { ExitError, EXIT_FAILED } from './exit.ts';
import { print } from './setup.ts';

/** Adds the command. */
export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .description('look for every tool, privilege, kernel feature and sysctl that the agent needs')
    .addHelpText('after', HELP)
    .action(check);
}

// --- internal ---

const HELP = `
Changes nothing: kernel features are tried with "nft -c". Exits with 1 if something needed is missing.

Example:
  sudo switchyard check`;

/** A probe that takes longer than this hangs. */
const PROBE_TIMEOUT_MS = 10_000;

async function check(): Promise<void> {
  const nft = createNft({ program: 'nft', timeoutMs: PROBE_TIMEOUT_MS });
  const findings = await preflight(nft, SYSTEM);
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
