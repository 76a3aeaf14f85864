/** `switchyard diff`: what an agent would change in this node's kernel now. */
import type { Command } from 'commander';
import { reportChanges } from '../../rules/nftables/report.ts';
import { isEmptyTransaction } from '../../rules/nftables/transaction.ts';
import { NFT_DEFAULTS, createNft } from '../kernel/nft-process.ts';
import { NftTransport } from '../kernel/nft-transport.ts';
import { supportedFamilies } from '../node/families.ts';
import { ExitError, EXIT_USAGE, exitCodeOf, explain } from './exit.ts';
import { plannersFor } from './planners.ts';
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

Example:
  sudo switchyard diff --manifests manifests/examples --cluster-cidr 10.244.0.0/16`;

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
  const view = await viewManifests(flags.manifests, setUp(flags));
  const transport = new NftTransport(createNft(NFT_DEFAULTS));
  let isDifferent = false;
  const planners = await plannersFor(view, supportedFamilies(), (family) =>
    transport.readTable(family),
  );
  for (const planner of planners) {
    const transaction = planner.plan();
    if (isEmptyTransaction(transaction) && transaction.garbage.length === 0) continue;
    isDifferent = true;
    for (const { title, lines } of reportChanges(transaction, planner.frontends())) {
      await print(`${planner.family} ${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
    }
  }
  return isDifferent;
}
