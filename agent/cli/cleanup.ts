/** `switchyard cleanup`: takes everything of ours off this node. */
import type { Command } from 'commander';
import { TABLE } from '../../rules/nftables/names.ts';
import { createModes } from '../modes/modes.ts';
import { print } from './setup.ts';

/** Adds the command. */
export function addCleanupCommand(program: Command): void {
  program
    .command('cleanup')
    .description('remove everything of ours from this node and nothing else; safe to repeat')
    .addHelpText('after', HELP)
    .action(cleanUp);
}

// --- internal ---

const HELP = `
Removes what any mode has left: the tables "ip ${TABLE}" and "ip6 ${TABLE}". Stop the agent first: it
would put them back. Connections that are established go on; new ones to Services are not translated any more.

Example:
  sudo switchyard cleanup`;

async function cleanUp(): Promise<void> {
  for (const mode of createModes()) {
    for (const line of await mode.cleanUp()) await print(`${line}\n`);
  }
}
