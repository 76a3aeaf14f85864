/** `switchyard cleanup`: takes everything of ours out of the kernel. */
import type { Command } from 'commander';
import { IP_FAMILIES } from '../../rules/ip.ts';
import { nftFamily, TABLE } from '../../rules/nftables/names.ts';
import { NFT_DEFAULTS, createNft } from '../kernel/nft-process.ts';
import { NftTransport } from '../kernel/nft-transport.ts';
import { print } from './setup.ts';

/** Adds the command. */
export function addCleanupCommand(program: Command): void {
  program
    .command('cleanup')
    .description('remove everything of ours from the kernel and nothing else; safe to repeat')
    .addHelpText('after', HELP)
    .action(cleanUp);
}

// --- internal ---

const HELP = `
Removes the tables "ip ${TABLE}" and "ip6 ${TABLE}". Stop the agent first: it would put them back.
Connections that are established go on; new ones to Services are not translated any more.

Example:
  sudo switchyard cleanup`;

async function cleanUp(): Promise<void> {
  const transport = new NftTransport(createNft(NFT_DEFAULTS));
  for (const family of IP_FAMILIES) {
    const wasThere = await transport.removeTable(family);
    const name = `table ${nftFamily(family)} ${TABLE}`;
    await print(wasThere ? `removed ${name}\n` : `${name} is not there: nothing to remove\n`);
  }
}
