/** What an agent is made of, whether it runs or syncs once. */
import type { IpFamily } from '../rules/ip.ts';
import type { ChosenSource } from './cluster/choose-source.ts';
import { ClusterView, type ClusterViewEvents } from './cluster/cluster-view.ts';
import { formatProblem } from './cluster/problems.ts';
import type { AgentConfig } from './config/agent-config.ts';
import type { ConfigFollowerOptions } from './config/config-follower.ts';
import type { Logger } from './log.ts';
import { servedFamilies } from './modes/families.ts';
import { removeLeftovers } from './modes/leftovers.ts';
import { createMode, createModes } from './modes/modes.ts';
import { supportedFamilies } from './node/families.ts';
import { Proxy } from './proxy.ts';
import type { UserspaceProxy } from './userspace/interface.ts';

/** What an agent is made of. */
export interface AgentOptions {
  readonly config: AgentConfig;
  readonly nodeName: string;
  readonly source: ChosenSource;
  readonly log: Logger;
  /** The file that the configuration is from, to be followed; absent where there is none. */
  readonly configFile?: ConfigFile | undefined;
}

/** Where the configuration is from. */
export type ConfigFile = Pick<ConfigFollowerOptions, 'file' | 'load' | 'initial'>;

/** The cluster as this node sees it. What is wrong in it is logged, and told. */
export function createView(
  { config, nodeName, log }: AgentOptions,
  events: ClusterViewEvents,
): ClusterView {
  return new ClusterView(config, nodeName, {
    ...events,
    problem: (problem) => {
      log.warn({ problem: formatProblem(problem) }, 'bad input');
      events.problem(problem);
    },
  });
}

/** The proxy of the configured mode, for the families that this node has. `userspace` is for a process that stays. */
export async function createProxy(
  { config, log }: AgentOptions,
  view: ClusterView,
  userspace?: UserspaceProxy,
): Promise<Proxy> {
  const mode = createMode(config);
  const { served: families, obstacles } = await servedFamilies(mode, supportedFamilies());
  for (const [family, reason] of obstacles) {
    log.warn(
      { family, error: reason },
      'this family is not served: the node has not what it takes',
    );
  }
  const others = createModes().filter(({ name }) => name !== mode.name);
  const carrier = userspace === undefined ? {} : { userspace };
  return new Proxy({
    ...{ config, view, mode, families, log, ...carrier },
    removeLeftovers: () => removeLeftovers(mode, others, log),
  });
}

/** The families that a proxy serves. */
export function familiesOf({ proxiers }: Proxy): IpFamily[] {
  return proxiers.map(({ family }) => family);
}
