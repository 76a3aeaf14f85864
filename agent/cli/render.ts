/** `switchyard render`: the ruleset, without touching a kernel. */
import { Option, type Command } from 'commander';
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
      new Option('-o, --output <format>', 'text for nft -f, json for nft -j -f')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', HELP)
    .action(render);
}

// --- internal ---

const HELP = `
Needs neither root nor a kernel with nftables. In userspace mode comments say who would listen where. Problems in the manifests go to standard error.

Example:
  switchyard render --manifests manifests/examples --cluster-cidr 10.244.0.0/16 | sudo nft -c -f -`;

interface RenderFlags extends ManifestFlags {
  readonly output: RenderFormat;
}

async function render(flags: RenderFlags): Promise<void> {
  const setup = setUp(flags);
  const view = await viewManifests(flags.manifests, setup);
  const { notes, text } = createMode(setup.config).render(desiredOf(view), flags.output);
  for (const note of notes) complain(note);
  for (const piece of text) await print(piece);
}
