/** Act 2: pieces of what `nft list` shows on the first node. */
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { TABLE, nftFamily } from '../../../rules/nftables/names.ts';
import { parseRuleset } from '../../../rules/nftables-json/index.ts';
import { NODE_NAMES } from '../cast.ts';
import { elementLines, ruleLines, sizeOf } from '../nft-listing.ts';
import { inFamily } from '../routes.ts';
import { event, heading, say } from '../screen.ts';
import type { Stage } from '../stage.ts';

/** Shows how a packet finds its endpoint. */
export async function showTheRules(stage: Stage): Promise<void> {
  heading('2. The rules', `from "nft list" on ${NODE}, IPv4; the table for IPv6 is like it`);
  const clusterIP = inFamily(stage.manifests.service('web').clusterIPs, 'IPv4');
  const services = elementLines(await list(stage, 'map', 'service-ips'));
  showPiece('map service-ips', 'where an address and port lead', services);
  const endpoints = elementLines(await list(stage, 'map', 'tcp-endpoints'));
  const ofWeb = endpoints.filter((element) => element.startsWith(clusterIP));
  const part = `${ofWeb.length} of ${endpoints.length}: those of ${clusterIP}`;
  showPiece('map tcp-endpoints', `who is behind it, slot by slot (${part})`, ofWeb);
  await showChains(
    stage,
    services.find((element) => element.startsWith(clusterIP)),
  );
  showPiece(
    'map no-endpoint-services',
    'whom to turn away at once',
    elementLines(await list(stage, 'map', 'no-endpoint-services')),
  );
  await showSize(stage);
}

// --- internal ---

const [NODE = ''] = NODE_NAMES;

async function list(stage: Stage, kind: 'map' | 'chain', name: string): Promise<string> {
  const args = ['list', kind, nftFamily('IPv4'), TABLE, name];
  return (await stage.world.host(NODE).exec('nft', args)).stdout;
}

function showPiece(name: string, about: string, lines: readonly string[]): void {
  event(name, `- ${about}`);
  for (const line of lines) say(`  ${line}`);
  say();
}

/** The chain that an element goes to, the first that this one goes to, and so on. */
async function showChains(stage: Stage, element = ''): Promise<void> {
  let about = 'draws a slot, for all Services with so many endpoints';
  for (let name = targetOf(element); name !== undefined;) {
    const rules = ruleLines(await list(stage, 'chain', name));
    showPiece(`chain ${name}`, about, rules);
    name = targetOf(rules.join('\n'));
    about = 'the first of them: from a slot to its endpoint, for all Services';
  }
}

function targetOf(text: string): string | undefined {
  return /goto ([\w-]+)/.exec(text)?.[1];
}

/** Counts both families: what Services are made of (elements), and what they share (all else). */
async function showSize(stage: Stage): Promise<void> {
  const host = stage.world.host(NODE);
  const listings = await Promise.all(
    IP_FAMILIES.map((family) =>
      host.exec('nft', ['-j', 'list', 'table', nftFamily(family), TABLE]),
    ),
  );
  const { chains, rules, sets, elements } = sizeOf(
    listings.flatMap(({ stdout }) => parseRuleset(stdout).nftables),
  );
  const around = `${sets} sets and maps, ${chains} chains and ${rules} rules`;
  event('in all', `${stage.manifests.serviceCount} Services, ${elements} elements in ${around}`);
}
