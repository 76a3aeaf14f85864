/** `switchyard run`: the agent. */
import { cpus } from 'node:os';
import type { Command } from 'commander';
import { chooseSource } from '../cluster/choose-source.ts';
import { addConfigFlags, isInitOnly, masterOf, type FlagValues } from '../config/flags.ts';
import { createLog } from '../log.ts';
import { KERNEL_FILES } from '../node/kernel-files.ts';
import { setOomScore, tuneConntrack } from '../node/tuning.ts';
import { prepareOnce, runAgent, type AgentOptions, type OnceParts } from '../run.ts';
import { ExitError, EXIT_FAILED } from './exit.ts';
import { setUp } from './setup.ts';

/** Adds the command. */
export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .description("keep this node's kernel programmed as the cluster says, and follow its changes")
    .option(
      '--manifests <path>',
      'read Services, EndpointSlices, Nodes and ServiceCIDRs from a file, a folder or - (stdin), ' +
        'not from the API server',
    );
  addConfigFlags(command)
    .option('--once', 'sync once, leave the rules in place and exit')
    .addHelpText('after', HELP)
    .action(run);
}

// --- internal ---

const HELP = `
Ends on SIGTERM or SIGINT; the rules stay, so that traffic goes on: "switchyard cleanup" removes them.
With --once exits with 1 if something could not be programmed.
With --init-only makes the kernel settings that the configuration asks for and exits: for an init container.

Example:
  sudo switchyard run --kubeconfig /etc/kubernetes/kube-proxy.conf --cluster-cidr 10.244.0.0/16
  sudo switchyard run --manifests manifests/examples --cluster-cidr 10.244.0.0/16`;

interface RunFlags extends FlagValues {
  readonly manifests?: string;
  readonly once?: boolean;
}

async function run(flags: RunFlags): Promise<void> {
  const stop = stopSignal();
  const { config, nodeName, warnings } = setUp(flags);
  const log = createLog(config.logging);
  for (const warning of warnings) log.warn(warning);
  const { manifests } = flags;
  const machine = { files: KERNEL_FILES, log };
  if (isInitOnly(flags)) {
    tuneConntrack(config.conntrack, cpus().length, machine);
    return;
  }
  // Before anything is touched: there may be nothing to read from.
  const source = await chooseSource({ manifests, master: masterOf(flags), config, nodeName, log });
  const options = { config, nodeName, source, log };
  if (flags.once === true) {
    await syncOnce(await listOnce(options, stop));
    return;
  }
  tuneConntrack(config.conntrack, cpus().length, machine);
  setOomScore(config.oomScoreAdj, machine);
  await runAgent(options, stop);
}

async function listOnce(options: AgentOptions, stop: AbortSignal): Promise<OnceParts> {
  try {
    return await prepareOnce(options, stop);
  } catch (error) {
    if (!stop.aborted) throw error;
    throw new ExitError(EXIT_FAILED, 'stopped before the sync', error);
  }
}

async function syncOnce({ proxy, cleaner }: OnceParts): Promise<void> {
  try {
    await proxy.sync();
  } catch (error) {
    throw new ExitError(EXIT_FAILED, 'the sync failed, see above', error);
  } finally {
    await cleaner.idle();
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
