/** `switchyard render`: the ruleset, without touching a kernel. */
import { Option, type Command } from 'commander';
import { IP_FAMILIES, type IpFamily } from '../../rules/ip.ts';
import type { RenderFormat } from '../modes/mode.ts';
import { createMode } from '../modes/modes.ts';
import { desiredOf } from './desired.ts';
import {
  addManifestFlags,
  complain,
  print,
  setUp,
  viewManifests,
  type ManifestFlags,
} from './setup.ts';

/** Adds the command. */
export function addRenderCommand(program: Command): void {
  addManifestFlags(program.command('render'))
    .description('print the ruleset that would be applied to an empty kernel; touches nothing')
    .addOption(
      new Option('--family <family>', 'only this one; default: both').choices(['ipv4', 'ipv6']),
    )
    .addOption(
      new Option('-o, --output <format>', 'text for nft -f or iptables-restore, or json')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', HELP)
    .action(render);
}

// --- internal ---

const HELP = `
Needs neither root nor the tools of a mode. Problems in the manifests go to standard error.
nftables mode: text for nft -f, json for nft -j -f (nft 1.1.2 or later).
iptables mode: text for iptables-restore --noflush (IPv4) and ip6tables-restore --noflush (IPv6), one --family at a time.
userspace mode: as nftables mode; comments say who would listen where.

Examples:
  switchyard render --manifests manifests/examples --cluster-cidr 10.244.0.0/16 | sudo nft -c -f -
  switchyard render --proxy-mode iptables --family ipv4 --manifests manifests/examples --cluster-cidr 10.244.0.0/16 |
    sudo iptables-restore --noflush --test`;

interface RenderFlags extends ManifestFlags {
  readonly family?: 'ipv4' | 'ipv6';
  readonly output: RenderFormat;
}

async function render(flags: RenderFlags): Promise<void> {
  const setup = setUp(flags);
  const view = await viewManifests(flags.manifests, setup);
  const { notes, text } = createMode(setup.config).render(
    desiredOf(view),
    familiesOf(flags),
    flags.output,
  );
  for (const note of notes) complain(note);
  for (const piece of text) await print(piece);
}

function familiesOf({ family }: RenderFlags): readonly IpFamily[] {
  if (family === undefined) return IP_FAMILIES;
  return [family === 'ipv4' ? 'IPv4' : 'IPv6'];
}
