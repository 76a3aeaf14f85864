/** What a node's kernel holds of our nftables table, read as the agent reads it. */
import { NftTransport } from '../../../agent/kernel/nft-transport.ts';
import type { Host } from '../../../scripts/world/host.ts';

/** The transport to a node's kernel. */
export function kernelOf(node: Host): NftTransport {
  return new NftTransport(async (args, input) => {
    const options = { mayFail: true, ...(input !== undefined && { input }) };
    const { exitCode = 1, stdout, stderr } = await node.exec('nft', args, options);
    return { exitCode, stdout, stderr };
  });
}
