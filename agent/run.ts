/**
 * The agent from its start to its end: the start order, read top to bottom (behaviour document,
 * section 8.7).
 */
import { cpus } from 'node:os';
import type { PortRange } from '../rules/userspace/port-allocation.ts';
import { createProxy, createView, familiesOf, type AgentOptions } from './agent-parts.ts';
import type { ApiObserver } from './cluster/api/observer.ts';
import { podCidrChange } from './cluster/own-node.ts';
import { followConfig, type ConfigFollowerOptions } from './config/config-follower.ts';
import { createFlowCleaner } from './conntrack/create-cleaner.ts';
import { failedToListenEvent, startingEvent, type EventSink } from './events/event.ts';
import { ListenError } from './http/server.ts';
import { setVerbosity } from './log.ts';
import { KERNEL_FILES } from './node/kernel-files.ts';
import { allowLocalhostNodePorts, tuneMachine } from './node/tuning.ts';
import { createServers } from './servers.ts';
import { describeStart, needsPodCidrs, waitForNode, warnOfSettings } from './start.ts';
import type { UserspaceObserver } from './userspace/interface.ts';
import { createUserspaceLog } from './userspace/userspace-log.ts';
import { createUserspaceProxy } from './userspace/userspace-proxy.ts';

/**
 * Keeps this node's kernel as the cluster wants it until the signal aborts, or until the configuration
 * changes in a way that takes a new start; the rules stay then. Rejects when it cannot start: there is
 * nothing to read from, or a server may not listen and must.
 */
export async function runAgent(options: AgentOptions, stopSignal: AbortSignal): Promise<void> {
  const { config, log } = options;
  const machine = { files: KERNEL_FILES, log };
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
  const proxy = await createProxy(options, view, userspace);
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
        tuneMachine(changedConfig, cpus().length, machine);
        allowLocalhostNodePorts(changedConfig, machine);
        view.reconfigure(changedConfig);
        warnOfSettings(changedConfig, view, log);
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

// --- internal ---

/** Modes choose the ports of listeners themselves: they know which ones rules lead to already. */
const NO_PORTS: PortRange = { from: 0, to: -1 };

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
