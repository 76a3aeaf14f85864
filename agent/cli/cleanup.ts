/** `switchyard cleanup`: takes everything of ours off this node. */
import type { Command } from 'commander';
import { TABLE } from '../../rules/nftables/names.ts';
import { adviseOn, KernelError, type KernelErrorCode } from '../kernel/kernel-error.ts';
import type { Mode } from '../modes/mode.ts';
import { createModes } from '../modes/modes.ts';
import { ExitError, EXIT_FAILED } from './exit.ts';
import { complain, print } from './setup.ts';

/** Adds the command. */
export function addCleanupCommand(program: Command): void {
  program
    .command('cleanup')
    .description('remove everything of ours from this node and nothing else; safe to repeat')
    .addHelpText('after', HELP)
    .action(cleanUp);
}

/**
 * Cleans up after every mode. As with kube-proxy's `--cleanup`, what has no program here is passed over,
 * and a mode that cannot be cleaned up keeps no other from it; throws an ExitError then.
 */
export async function cleanUp(): Promise<void> {
  let hasFailed = false;
  for (const mode of createModes()) {
    try {
      await cleanUpMode(mode);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      const isMissing = IS_MISSING.has(error.code);
      complain(isMissing ? `passed over: ${error.message}` : adviseOn(error));
      hasFailed ||= !isMissing;
    }
  }
  if (hasFailed) throw new ExitError(EXIT_FAILED, 'the rules could not be removed, see above');
}

// --- internal ---

const HELP = `
Removes what any mode has left, whichever is configured: the tables "ip ${TABLE}" and "ip6 ${TABLE}", and in either variant of
iptables the chains that are ours. Stop the agent first: it would put them back. Connections that are
established go on; new ones to Services are not translated any more. What is not installed is passed over.

Example:
  sudo switchyard cleanup`;

async function cleanUpMode(mode: Mode): Promise<void> {
  for (const { line } of await mode.cleanUp()) await print(`${line}\n`);
}

/** What has no program here. */
const IS_MISSING: ReadonlySet<KernelErrorCode> = new Set(['nft-missing', 'iptables-missing']);
