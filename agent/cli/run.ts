/** `switchyard run`: the agent. */
import type { Command } from 'commander';
import { IP_FAMILIES } from '../../rules/ip.ts';
import { ClusterView } from '../cluster/cluster-view.ts';
import { createManifestSource } from '../cluster/manifest-source.ts';
import { formatProblem } from '../cluster/problems.ts';
import { NFT_DEFAULTS, createNft } from '../kernel/nft-process.ts';
import { NftTransport } from '../kernel/nft-transport.ts';
import { createLog } from '../log.ts';
import { nodePortWarnings } from '../../rules/node/node-port-addresses.ts';
import { supportedFamilies } from '../node/families.ts';
import { Proxy } from '../proxy.ts';
import { ExitError, EXIT_FAILED } from './exit.ts';
import { addManifestFlags, setUp, type ManifestFlags } from './setup.ts';

/** Adds the command. */
export function addRunCommand(program: Command): void {
  addManifestFlags(program.command('run'))
    .description(
      "keep this node's kernel programmed as the manifests say, and follow their changes",
    )
    .option('--once', 'sync once, leave the rules in place and exit')
    .addHelpText('after', HELP)
    .action(run);
}

// --- internal ---

const HELP = `
Ends on SIGTERM or SIGINT; the rules stay, so that traffic goes on: "switchyard cleanup" removes them.
With --once exits with 1 if something could not be programmed.

Example:
  sudo switchyard run --manifests manifests/examples --cluster-cidr 10.244.0.0/16`;

interface RunFlags extends ManifestFlags {
  readonly once?: boolean;
}

async function run(flags: RunFlags): Promise<void> {
  const stop = stopSignal();
  const { config, nodeName, warnings } = setUp(flags);
  const log = createLog(config.logging);
  for (const warning of warnings) log.warn(warning);

  let request = (): void => undefined;
  const view = new ClusterView(config, nodeName, {
    changed: () => {
      request();
    },
    problem: (problem) => {
      log.warn({ problem: formatProblem(problem) }, 'bad input');
    },
  });
  const source = createManifestSource({ path: flags.manifests, stdin: process.stdin });
  const sourceStop = new AbortController();
  const sourceSignal = AbortSignal.any([stop, sourceStop.signal]);
  try {
    await source.start(view, sourceSignal);
  } catch (error) {
    if (!stop.aborted) throw error;
    if (flags.once === true) throw new ExitError(EXIT_FAILED, 'stopped before the sync', error);
    log.info('stopped before the first sync');
    return;
  }

  const families = IP_FAMILIES.filter((family) => supportedFamilies().includes(family));
  log.info(
    { node: nodeName, families, services: view.serviceCount, mode: config.mode },
    'starting',
  );
  for (const warning of nodePortWarnings(config.nodePortAddresses, view.node)) log.warn(warning);
  const transport = new NftTransport(createNft(NFT_DEFAULTS));
  const proxy = new Proxy({ config, view, transport, families, log });

  if (flags.once === true) {
    sourceStop.abort();
    await syncOnce(proxy);
    return;
  }
  const running = proxy.start(stop);
  request = running.request;
  request();
  await running.done;
  log.info('stopped; the rules stay');
}

async function syncOnce(proxy: Proxy): Promise<void> {
  try {
    await proxy.sync();
  } catch (error) {
    throw new ExitError(EXIT_FAILED, 'the sync failed, see above', error);
  }
  if (proxy.quarantined.length > 0) {
    throw new ExitError(EXIT_FAILED, `not programmed: ${proxy.quarantined.join(', ')}`);
  }
}

/** Aborts on the first SIGTERM or SIGINT; a second one ends the process as usual. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      controller.abort();
    });
  }
  return controller.signal;
}
