/** What commands about manifests have in common: configuration, this node's name, and the view. */
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { nodeNameFrom } from '../../rules/node/identity.ts';
import { ClusterView, type ClusterViewEvents } from '../cluster/cluster-view.ts';
import { Feed } from '../cluster/feed.ts';
import { readManifests } from '../cluster/manifest-reader.ts';
import { formatProblem } from '../cluster/problems.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { addConfigFlags, type FlagValues } from '../config/flags.ts';
import { loadConfig } from '../config/load.ts';
import { ExitError, EXIT_FAILED } from './exit.ts';

/** The flag that says where Services come from. */
export interface ManifestFlags extends FlagValues {
  readonly manifests: string;
}

/** Adds --manifests and the configuration's flags. */
export function addManifestFlags(command: Command): Command {
  return addConfigFlags(
    command.requiredOption(
      '--manifests <path>',
      'read Services, EndpointSlices, Nodes and ServiceCIDRs from a file, a folder or - (stdin)',
    ),
  );
}

/** A configuration with what every command does first. */
export interface Setup {
  readonly config: AgentConfig;
  readonly nodeName: string;
  readonly warnings: readonly string[];
}

/** Reads the configuration. Throws a ConfigError if it cannot be used. */
export function setUp(flags: FlagValues): Setup {
  const { config, warnings } = loadConfig({ flags });
  return { config, warnings, nodeName: nodeNameFrom(config.hostnameOverride, hostname()) };
}

/**
 * The cluster as the manifests have it now. What is wrong with them goes to standard error, line by
 * line, and the rest is used.
 */
export async function viewManifests(path: string, setup: Setup): Promise<ClusterView> {
  for (const warning of setup.warnings) complain(`warning: ${warning}`);
  const events: ClusterViewEvents = {
    changed: () => undefined,
    problem: (problem) => {
      complain(formatProblem(problem));
    },
  };
  const view = new ClusterView(setup.config, setup.nodeName, events);
  const { objects, problems } = await readManifests(path, { stdin: process.stdin });
  new Feed(view).update(objects, problems);
  return view;
}

/** A line on standard error. */
export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Writes to standard output, and waits until it is written: it may be a slow pipe. */
export async function print(text: string): Promise<void> {
  const { stdout } = process;
  try {
    await new Promise<void>((resolve, reject) => {
      // The stream also emits what it tells the callback, and throws it where nobody listens.
      stdout.once('error', reject);
      stdout.write(text, (error) => {
        if (error !== null && error !== undefined) return;
        stdout.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    // Whoever reads has seen enough: `switchyard render | head`.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') {
      throw new ExitError(EXIT_FAILED, '', error);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExitError(EXIT_FAILED, `standard output cannot be written: ${reason}`, error);
  }
}
