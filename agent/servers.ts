/**
 * Everything of the agent that answers over HTTP: the health address, the metrics address, and the
 * health-check node ports of Services. Nothing listens that was not asked for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ip, IpFamily } from '../rules/ip.ts';
import type { ClusterView } from './cluster/cluster-view.ts';
import type { Freshness } from './cluster/source.ts';
import type { AgentConfig } from './config/agent-config.ts';
import { failedHealthCheckEvent, type EventSink } from './events/event.ts';
import { healthCheckIps } from './health/bind-ips.ts';
import { healthAnswerer } from './health/health-answers.ts';
import { ProxyHealth } from './health/proxy-health.ts';
import { Readiness } from './health/readiness.ts';
import { ServiceHealth } from './health/service-health.ts';
import { listen } from './http/listener.ts';
import { AgentServer } from './http/server.ts';
import type { Logger } from './log.ts';
import { AgentMetrics } from './metrics/agent-metrics.ts';
import { metricsAnswerer } from './metrics/metrics-answers.ts';
import { createMetrics } from './metrics/metrics.ts';
import { localAddresses } from './node/local-addresses.ts';
import type { Proxy } from './proxy.ts';
import type { UserspaceProxy } from './userspace/interface.ts';
import { VERSION } from './version.ts';

/** What the servers speak of. */
export interface ServersOptions {
  readonly config: AgentConfig;
  /** What is in force now; where the servers listen does not change. */
  readonly currentConfig: () => AgentConfig;
  readonly view: ClusterView;
  readonly proxy: Proxy;
  /** What carries connections in userspace. */
  readonly userspace: UserspaceProxy;
  /** How far the source can be believed. */
  readonly freshness: () => readonly Freshness[];
  readonly log: Logger;
  /** Gets to hear of a health-check node port that cannot be served. */
  readonly events: EventSink;
}

/** The servers of one agent. */
export interface AgentServers {
  readonly metrics: AgentMetrics;
  /** Listens. Rejects with a ListenError when the configuration says that it must and it cannot. */
  start(): Promise<void>;
  /** The sync loop begins: from here on something that waits too long makes the proxy unhealthy. */
  syncLoopBegins(): void;
  /** Closes everything, within a few seconds. May be called again. */
  stop(): Promise<void>;
}

/** Makes the servers; what they speak of is observed from now on. */
export function createServers(options: ServersOptions): AgentServers {
  const { config, currentConfig, view, proxy, userspace, freshness, log } = options;
  const { proxiers } = proxy;
  const families = proxiers.map(({ family }) => family);
  const now = Date.now;
  const { mode } = config;
  const sources = { view, freshness, proxiers, mode, userspace, version: VERSION, now };
  const metrics = new AgentMetrics(createMetrics(), sources);
  const health = new ProxyHealth({ families, timeoutMs: 2 * config.syncPeriodMs, now });
  const readiness = new Readiness(families, freshness);
  const checks = families.map((family) => createServiceHealth(family, health, options));
  for (const observer of [metrics, health, readiness, ...checks]) proxy.observe(observer);

  const answerHealth = healthAnswerer({
    health,
    readiness,
    isNodeEligible: () => view.node.isEligible,
    now,
    answered: (path, status) => {
      metrics.healthAnswered(path, status);
    },
  });
  const answerMetrics = metricsAnswerer({ metrics, config: currentConfig, proxiers });
  const { healthz, metrics: metricsAddress, isHardFail } = config.servers;
  const wanted = [
    { name: 'health' as const, address: healthz, answer: answerHealth },
    { name: 'metrics' as const, address: metricsAddress, answer: answerMetrics },
  ];
  const servers = wanted.flatMap(({ name, address, answer }) =>
    address === undefined
      ? []
      : [new AgentServer({ name, address, answer, isHardFail, log, sleep: wait })],
  );
  return {
    metrics,
    async start() {
      for (const server of servers) await server.start();
    },
    syncLoopBegins() {
      health.begin();
    },
    async stop() {
      await Promise.all([...servers, ...checks].map((each) => each.stop()));
    },
  };
}

// --- internal ---

function createServiceHealth(
  family: IpFamily,
  health: ProxyHealth,
  { view, log, events }: ServersOptions,
): ServiceHealth {
  return new ServiceHealth({
    family,
    bindIps: () => healthCheckIps(view.settings(family).nodePorts, family, knownAddresses()),
    listen,
    isProxyHealthy: () => health.isHealthy(),
    failed: (service, error) => {
      log.error(
        { family, service, error: error.message },
        'cannot serve the health-check node port; trying again with every sync',
      );
      events.record(failedHealthCheckEvent(view.nodeName, service, error.message));
    },
  });
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}

/** The node's addresses; `undefined` where the kernel does not say. */
function knownAddresses(): ReadonlySet<Ip> | undefined {
  try {
    return localAddresses();
  } catch {
    return undefined;
  }
}
