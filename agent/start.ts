/** What an agent looks at and says before its first sync. */
import type { IpFamily } from '../rules/ip.ts';
import { familyProblems } from '../rules/node/family-problems.ts';
import { localDetectorWarnings } from '../rules/node/local-detector.ts';
import { nodePortWarnings } from '../rules/node/node-port-addresses.ts';
import { familiesOf, type AgentOptions } from './agent-parts.ts';
import { SYSTEM_CLOCK } from './cluster/api/clock.ts';
import type { ClusterView } from './cluster/cluster-view.ts';
import { OwnNodeError, waitForOwnNode } from './cluster/own-node.ts';
import { servesLocalhost, type AgentConfig } from './config/agent-config.ts';
import type { Logger } from './log.ts';
import type { Proxy } from './proxy.ts';

/**
 * Waits for this node's object, as long as it may take at start. Not for manifest files: what is not in
 * them will not come by itself.
 */
export async function waitForNode(
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

/** Whether pods are told by what the Node object says of their networks. */
export function needsPodCidrs({ config, source }: AgentOptions): boolean {
  return source.isApiServer && config.detectLocal.mode === 'NodeCIDR';
}

/** Says what starts. Throws an OwnNodeError where the agent could not do its work on this node. */
export function describeStart(
  { config, log }: AgentOptions,
  view: ClusterView,
  proxy: Proxy,
): void {
  const families = familiesOf(proxy);
  const { nodeName, serviceCount } = view;
  log.info({ node: nodeName, families, services: serviceCount, mode: config.mode }, 'starting');
  warnOfSettings(config, view, log);
  refuseWrongFamilies(config, view, families, log);
}

/** Says what an operator may not have meant. */
export function warnOfSettings(config: AgentConfig, view: ClusterView, log: Logger): void {
  // In the other modes the userspace proxy serves localhost.
  const isLocalhostServed = config.mode !== 'iptables' || servesLocalhost(config);
  const warnings = [
    ...localDetectorWarnings(config.detectLocal, view.node),
    ...nodePortWarnings(config.nodePortAddresses, view.node, isLocalhostServed),
  ];
  for (const warning of warnings) log.warn(warning);
}

// --- internal ---

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
