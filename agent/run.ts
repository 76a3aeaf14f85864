/**
 * The agent from its start to its end: the start order, read top to bottom (behaviour document,
 * section 8.7).
 */
import { cpus } from 'node:os';
import { IP_FAMILIES, type IpFamily } from '../rules/ip.ts';
import { familyProblems } from '../rules/node/family-problems.ts';
import { nodePortWarnings } from '../rules/node/node-port-addresses.ts';
import type { PortRange } from '../rules/userspace/port-allocation.ts';
import { SYSTEM_CLOCK } from './cluster/api/clock.ts';
import type { ApiObserver } from './cluster/api/observer.ts';
import type { ChosenSource } from './cluster/choose-source.ts';
import { ClusterView } from './cluster/cluster-view.ts';
import { OwnNodeError, podCidrChange, waitForOwnNode } from './cluster/own-node.ts';
import { formatProblem } from './cluster/problems.ts';
import { servesLocalhost, type AgentConfig } from './config/agent-config.ts';
import { followConfig, type ConfigFollowerOptions } from './config/config-follower.ts';
import { createFlowCleaner } from './conntrack/create-cleaner.ts';
import type { FlowCleaner } from './conntrack/flow-cleaner.ts';
import { failedToListenEvent, startingEvent, type EventSink } from './events/event.ts';
import { ListenError } from './http/server.ts';
import { setVerbosity, type Logger } from './log.ts';
import { removeLeftovers } from './modes/leftovers.ts';
import { createMode, createModes } from './modes/modes.ts';
import { supportedFamilies } from './node/families.ts';
import { KERNEL_FILES } from './node/kernel-files.ts';
import { tuneMachine } from './node/tuning.ts';
import { Proxy } from './proxy.ts';
import { createServers } from './servers.ts';
import type { UserspaceObserver, UserspaceProxy } from './userspace/interface.ts';
import { createUserspaceLog } from './userspace/userspace-log.ts';
import { createUserspaceProxy } from './userspace/userspace-proxy.ts';

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

/**
 * Keeps this node's kernel as the cluster wants it until the signal aborts, or until the configuration
 * changes in a way that takes a new start; the rules stay then. Rejects when it cannot start: there is
 * nothing to read from, or a server may not listen and must.
 */
export async function runAgent(options: AgentOptions, stopSignal: AbortSignal): Promise<void> {
  const { config, log } = options;
  let currentConfig = config;
  // The agent's own reasons to end, besides being told to: a good and a bad one.
  const restart = new AbortController();
  const failure = new AbortController();
  const stop = AbortSignal.any([stopSignal, restart.signal]);
  const end = AbortSignal.any([stop, failure.signal]);
  let changed = (): void => undefined;
  const view = createView(options, {
    changed: () => {
      changed();
    },
    problem: (problem) => {
      servers.metrics.problem(problem);
    },
  });
  const answered: ApiObserver['answered'] = (verb, kind, status) => {
    servers.metrics.answered(verb, kind, status);
  };
  const source = options.source.create({ answered });
  const recorder = options.source.createEventRecorder?.({
    answered,
    counted: (result) => {
      servers.metrics.eventCounted(result);
    },
  });
  const events: EventSink = recorder ?? { record: () => undefined };
  const watchers: UserspaceObserver[] = [createUserspaceLog(log)];
  const userspace = createUserspaceProxy({
    observers: watchers,
    limits: { ...config.userspace.limits, ports: NO_PORTS },
  });
  const proxy = createProxy(options, view, userspace);
  const freshness = () => source.freshness?.() ?? [];
  const servers = createServers({
    config,
    currentConfig: () => currentConfig,
    view,
    proxy,
    userspace,
    freshness,
    log,
    events,
  });
  watchers.push(servers.metrics.userspace);
  const families = familiesOf(proxy);
  const cleaner = createFlowCleaner({ families, log, observers: [servers.metrics] });
  // Flows to the userspace proxy are as they should be: it is the proxy that sends them on.
  if (config.mode !== 'userspace') proxy.observe(cleaner);
  recorder?.start();
  try {
    // First, so that probes are answered while the cluster is listed.
    await servers.start();
    followConfigFile(options, end, {
      apply(changedConfig) {
        currentConfig = changedConfig;
        setVerbosity(log, changedConfig.logging.verbosity);
        tuneMachine(changedConfig, cpus().length, { files: KERNEL_FILES, log });
        view.reconfigure(changedConfig);
        warnOfNodePorts(changedConfig, view, log);
      },
      restart() {
        restart.abort();
      },
      reloaded(result) {
        servers.metrics.configReloaded(result);
      },
      failed(error) {
        failure.abort(error);
      },
    });
    await source.start(view, end);
    await waitForNode(options, view, end);
    describeStart(options, view, proxy);
    events.record(startingEvent(view.nodeName));

    const running = proxy.start(end);
    const nodeAtStart = view.node;
    changed = () => {
      running.request();
      const change = needsPodCidrs(options) ? podCidrChange(nodeAtStart, view.node) : undefined;
      if (change !== undefined) failure.abort(change);
    };
    servers.syncLoopBegins();
    changed();
    await running.done;
    failure.signal.throwIfAborted();
    log.info('stopped; the rules stay');
  } catch (error) {
    if (error instanceof ListenError) {
      events.record(failedToListenEvent(view.nodeName, error.server, error.message));
    }
    // Told to stop while it was still starting: that is no failure.
    if (!stop.aborted) throw error;
    log.info('stopped before the first sync');
  } finally {
    failure.abort();
    await recorder?.stop();
    await proxy.stop();
    await cleaner.stop();
    await servers.stop();
  }
}

/** What a single sync takes. */
export interface OnceParts {
  readonly proxy: Proxy;
  /** Busy for a while after the sync. */
  readonly cleaner: FlowCleaner;
}

/** The parts for a single sync, with the cluster listed and nothing that listens. */
export async function prepareOnce(options: AgentOptions, stop: AbortSignal): Promise<OnceParts> {
  const view = createView(options, { changed: () => undefined, problem: () => undefined });
  const listed = new AbortController();
  const source = options.source.create({});
  try {
    await source.start(view, AbortSignal.any([stop, listed.signal]));
    await waitForNode(options, view, stop);
  } finally {
    listed.abort();
  }
  const proxy = createProxy(options, view);
  const cleaner = createFlowCleaner({
    families: familiesOf(proxy),
    log: options.log,
    observers: [],
  });
  proxy.observe(cleaner);
  describeStart(options, view, proxy);
  return { proxy, cleaner };
}

// --- internal ---

type FollowEvents = Pick<ConfigFollowerOptions, 'apply' | 'restart' | 'reloaded'> & {
  readonly failed: (error: unknown) => void;
};

function followConfigFile(
  { configFile, log }: AgentOptions,
  signal: AbortSignal,
  events: FollowEvents,
): void {
  if (configFile === undefined) return;
  followConfig({ ...configFile, log, ...events }, signal).catch(events.failed);
}

type ViewEvents = ConstructorParameters<typeof ClusterView>[2];

function createView({ config, nodeName, log }: AgentOptions, events: ViewEvents): ClusterView {
  return new ClusterView(config, nodeName, {
    ...events,
    problem: (problem) => {
      log.warn({ problem: formatProblem(problem) }, 'bad input');
      events.problem(problem);
    },
  });
}

/** Modes choose the ports of listeners themselves: they know which ones rules lead to already. */
const NO_PORTS: PortRange = { from: 0, to: -1 };

function createProxy(
  { config, log }: AgentOptions,
  view: ClusterView,
  userspace?: UserspaceProxy,
): Proxy {
  const families = IP_FAMILIES.filter((family) => supportedFamilies().includes(family));
  const mode = createMode(config);
  const others = createModes().filter(({ name }) => name !== mode.name);
  const carrier = userspace === undefined ? {} : { userspace };
  return new Proxy({
    ...{ config, view, mode, families, log, ...carrier },
    removeLeftovers: () => removeLeftovers(mode, others, log),
  });
}

function familiesOf({ proxiers }: Proxy): IpFamily[] {
  return proxiers.map(({ family }) => family);
}

/** Not for manifest files: what is not in them will not come by itself. */
async function waitForNode(
  options: AgentOptions,
  view: ClusterView,
  signal: AbortSignal,
): Promise<void> {
  if (!options.source.isApiServer) return;
  const wanted = {
    nodeName: view.nodeName,
    nodeObject: () => view.nodeObject,
    needsPodCidrs: needsPodCidrs(options),
    clock: SYSTEM_CLOCK,
  };
  const warning = await waitForOwnNode(wanted, signal);
  if (warning !== undefined) options.log.warn(warning);
}

function needsPodCidrs({ config, source }: AgentOptions): boolean {
  return source.isApiServer && config.detectLocal.mode === 'NodeCIDR';
}

function describeStart({ config, log }: AgentOptions, view: ClusterView, proxy: Proxy): void {
  const families = familiesOf(proxy);
  const { nodeName, serviceCount } = view;
  log.info({ node: nodeName, families, services: serviceCount, mode: config.mode }, 'starting');
  warnOfNodePorts(config, view, log);
  refuseWrongFamilies(config, view, families, log);
}

/** Throws an OwnNodeError where the agent could not do its work; says the rest. */
function refuseWrongFamilies(
  { detectLocal, servers }: AgentConfig,
  { node }: ClusterView,
  families: readonly IpFamily[],
  log: Logger,
): void {
  const addresses = [
    ['healthzBindAddress', servers.healthz?.ip],
    ['metricsBindAddress', servers.metrics?.ip],
  ] as const;
  const serverIps = new Map(addresses.flatMap(([field, ip]) => (ip ? [[field, ip]] : [])));
  for (const { message, isFatal } of familyProblems({ families, node, detectLocal, serverIps })) {
    if (isFatal) throw new OwnNodeError(message);
    log.error(message);
  }
}

function warnOfNodePorts(config: AgentConfig, view: ClusterView, log: Logger): void {
  // In the other modes the userspace proxy serves localhost.
  const isLocalhostServed = config.mode !== 'iptables' || servesLocalhost(config);
  const warnings = nodePortWarnings(config.nodePortAddresses, view.node, isLocalhostServed);
  for (const warning of warnings) log.warn(warning);
}
