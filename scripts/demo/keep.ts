/** The open end of `--keep`: the world stays, and a person may poke at it. */
import { join } from 'node:path';
import { TABLE, nftFamily } from '../../rules/nftables/names.ts';
import { howToEnter } from '../world/private.ts';
import { CLIENT, NODE_NAMES } from './cast.ts';
import { WEB_FILE } from './manifests.ts';
import { followAgents } from './follow-agents.ts';
import { inFamily } from './routes.ts';
import { heading, say } from './screen.ts';
import type { Stage } from './stage.ts';
import { alignColumns } from './view/columns.ts';

/** Says how to look at the world, and prints what the agents do until the show is ended by a signal. */
export async function keepOpen(stage: Stage): Promise<void> {
  heading('The world stays up until Ctrl-C', 'open a second terminal and look around');
  for (const line of alignColumns(instructions(stage))) say(line);
  say();
  await followAgents(stage.agents);
}

// --- internal ---

function instructions({ manifests }: Stage): string[][] {
  const [node = ''] = NODE_NAMES;
  const { loadBalancerVIPs, ports } = manifests.service('web');
  const web = `${inFamily(loadBalancerVIPs, 'IPv4')}/${ports[0]?.port ?? 0}`;
  return [
    ['go in', howToEnter()],
    ['rules', `ip netns exec ${node} nft list table ${nftFamily('IPv4')} ${TABLE}`],
    ['connect', `ip netns exec ${CLIENT} bash -c 'head -1 </dev/tcp/${web}'`],
    ['change', `vi ${join(manifests.folder, WEB_FILE)}    (add or remove an endpoint, and save)`],
    ['pods', 'ip netns exec pod-1-1 ss -tln'],
  ];
}
