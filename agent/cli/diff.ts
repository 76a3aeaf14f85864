/** `switchyard diff`: what an agent would change in this node's kernel now. */
import type { Command } from 'commander';
import { createMode } from '../modes/modes.ts';
import { servedFamilies } from '../modes/families.ts';
import { supportedFamilies } from '../node/families.ts';
import { desiredOf } from './desired.ts';
import { ExitError, EXIT_USAGE, exitCodeOf, explain } from './exit.ts';
import { addManifestFlags, print, setUp, viewManifests, type ManifestFlags } from './setup.ts';

/** Adds the command. */
export function addDiffCommand(program: Command): void {
  addManifestFlags(program.command('diff'))
    .description('list, Service by Service, what would change in the kernel now; changes nothing')
    .addHelpText('after', HELP)
    .action(diff);
}

// --- internal ---

const HELP = `
Exits with 0 if nothing would change, 1 if something would, 2 if it could not be found out.
Lines begin with + (added), - (removed) or ~ (replaced).
In userspace mode it is about the rules that lead to the proxy.

Examples:
  sudo switchyard diff --manifests manifests/examples --cluster-cidr 10.244.0.0/16
  sudo switchyard diff --proxy-mode iptables --manifests manifests/examples --cluster-cidr 10.244.0.0/16`;

const EXIT_DIFFERENT = 1;

async function diff(flags: ManifestFlags): Promise<void> {
  const isDifferent = await printDifferences(flags).catch((error: unknown) => {
    // 1 means "different" here, so a failure cannot be 1 as elsewhere.
    throw exitCodeOf(error) === 1
      ? new ExitError(EXIT_USAGE, explain(error).replace('switchyard: ', ''), error)
      : error;
  });
  if (isDifferent) throw new ExitError(EXIT_DIFFERENT);
}

async function printDifferences(flags: ManifestFlags): Promise<boolean> {
  const setup = setUp(flags);
  const view = await viewManifests(flags.manifests, setup);
  const mode = createMode(setup.config);
  const { served } = await servedFamilies(mode, supportedFamilies());
  const differences = await mode.differences(desiredOf(view), served);
  for (const { family, sections } of differences) {
    for (const { title, lines } of sections) {
      await print(`${family} ${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
    }
  }
  return differences.some(({ sections }) => sections.length > 0);
}
