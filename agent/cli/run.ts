/** `switchyard run`: the agent. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Command } from 'commander';
import type { AgentOptions } from '../agent-parts.ts';
import { chooseSource } from '../cluster/choose-source.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import {
  addConfigFlags,
  addOneShotFlags,
  configFileOf,
  masterOf,
  oneShotOf,
  type FlagValues,
  type OneShot,
} from '../config/flags.ts';
import { loadConfig } from '../config/load.ts';
import { writtenConfig } from '../config/written-config.ts';
import { createLog, type Logger } from '../log.ts';
import { KERNEL_FILES } from '../node/kernel-files.ts';
import { allowLocalhostNodePorts, tuneConntrack, tuneMachine } from '../node/tuning.ts';
import { prepareOnce, type OnceParts } from '../run-once.ts';
import { runAgent } from '../run.ts';
import { cleanUp } from './cleanup.ts';
import { ExitError, EXIT_FAILED, EXIT_USAGE } from './exit.ts';
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
  addOneShotFlags(addConfigFlags(command))
    .option('--once', 'sync once, leave the rules in place and exit')
    .addHelpText('after', HELP)
    .action(run);
}

// --- internal ---

const HELP = `
Follows changes of the file that --config names, and exits with 0 where it has to be started again for them.
Ends on SIGTERM or SIGINT; the rules stay, so that traffic goes on: "switchyard cleanup" removes them.
In userspace mode connections end with the agent, and new ones wait for the next agent.
With --once exits with 1 if something could not be programmed.
--write-config-to, --cleanup and --init-only need no API server; the last is for an init container.

Examples:
  sudo switchyard run --kubeconfig /etc/kubernetes/kube-proxy.conf --cluster-cidr 10.244.0.0/16
  sudo switchyard run --proxy-mode iptables --kubeconfig /etc/kubernetes/kube-proxy.conf --cluster-cidr 10.244.0.0/16
  sudo switchyard run --manifests manifests/examples --cluster-cidr 10.244.0.0/16`;

interface RunFlags extends FlagValues {
  readonly manifests?: string;
  readonly once?: boolean;
}

async function run(flags: RunFlags): Promise<void> {
  const { config, nodeName, warnings } = setUp(flags);
  const oneShot = oneShotOf(flags);
  if (oneShot !== undefined) {
    await runOneShot(oneShot, config, warnings);
    return;
  }
  const stop = stopSignal();
  const log = createLog(config.logging);
  for (const warning of warnings) log.warn(warning);
  const { manifests } = flags;
  if (flags.once === true && config.mode === 'userspace') {
    throw new ExitError(
      EXIT_USAGE,
      '--once is not available in userspace mode: who listens must stay',
    );
  }
  const machine = { files: KERNEL_FILES, log };
  // Before anything is touched: there may be nothing to read from.
  const source = await chooseSource({ manifests, master: masterOf(flags), config, nodeName, log });
  const options = { config, nodeName, source, log };
  allowLocalhostNodePorts(config, machine);
  if (flags.once === true) {
    await syncOnce(await listOnce(options, stop));
    return;
  }
  tuneMachine(config, cpus().length, machine);
  const file = configFileOf(flags);
  const load = () => loadConfig({ flags });
  const configFile = file === undefined ? undefined : { file, load, initial: { config, warnings } };
  await runAgent({ ...options, configFile }, stop);
}

async function runOneShot(
  oneShot: OneShot,
  config: AgentConfig,
  warnings: readonly string[],
): Promise<void> {
  const log = createLog(config.logging);
  for (const warning of warnings) log.warn(warning);
  switch (oneShot.kind) {
    case 'write-config':
      writeConfig(config, oneShot.file, log);
      return;
    case 'cleanup':
      await cleanUp();
      return;
    case 'init-only': {
      const machine = { files: KERNEL_FILES, log };
      tuneConntrack(config.conntrack, cpus().length, machine);
      allowLocalhostNodePorts(config, machine);
      return;
    }
  }
}

function writeConfig(config: AgentConfig, file: string, log: Logger): void {
  const { text, losses } = writtenConfig(config);
  for (const loss of losses) log.warn(loss);
  try {
    writeFileSync(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExitError(EXIT_FAILED, `the configuration cannot be written: ${reason}`, error);
  }
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
    // Stays a listener: while a child runs, execa listens too, and ends the process with the signal
    // unless somebody else does.
    const listener = (): void => {
      if (controller.signal.aborted) {
        process.off(name, listener);
        process.kill(process.pid, name);
      }
      controller.abort();
    };
    process.on(name, listener);
  }
  return controller.signal;
}
