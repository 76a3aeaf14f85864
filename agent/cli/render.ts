/** `switchyard render`: the ruleset, without touching a kernel. */
import { Option, type Command } from 'commander';
import { IP_FAMILIES } from '../../rules/ip.ts';
import { transactionSteps } from '../../rules/nftables/commands.ts';
import { ELEMENTS_PER_COMMAND, scriptSteps, scriptText } from '../../rules/nftables/script.ts';
import type { Transaction } from '../../rules/nftables/transaction.ts';
import { plannersFor } from './planners.ts';
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
Needs neither root nor a kernel with nftables. Problems in the manifests go to standard error.

Example:
  switchyard render --manifests manifests/examples --cluster-cidr 10.244.0.0/16 | sudo nft -c -f -`;

interface RenderFlags extends ManifestFlags {
  readonly output: 'text' | 'json';
}

async function render(flags: RenderFlags): Promise<void> {
  const view = await viewManifests(flags.manifests, setUp(flags));
  const planners = await plannersFor(view, IP_FAMILIES, () => undefined);
  const transactions = planners.map((planner) => planner.plan());
  if (flags.output === 'json') {
    complain(
      'note: the maps of endpoints ("tcp-endpoints", ...) have a key of type numgen, which nft reads ' +
        'from JSON since 1.1.2; older ones take the text form only',
    );
  }
  for (const text of flags.output === 'json' ? jsonText(transactions) : plainText(transactions)) {
    await print(text);
  }
}

function* plainText(transactions: readonly Transaction[]): Generator<string> {
  for (const transaction of transactions) {
    for (const step of scriptSteps(transaction)) yield scriptText([step]);
  }
}

/** One JSON document, a command a line, written as it is made: ten thousand Services are large. */
function* jsonText(transactions: readonly Transaction[]): Generator<string> {
  let separator = '{"nftables": [\n';
  for (const transaction of transactions) {
    for (const { commands } of transactionSteps(transaction, [], ELEMENTS_PER_COMMAND)) {
      for (const command of commands) {
        yield separator + JSON.stringify(command);
        separator = ',\n';
      }
    }
  }
  yield '\n]}\n';
}
