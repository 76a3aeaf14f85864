/**
 * The configuration as the agent uses it: one flat, checked and complete object, whether it came
 * from a file or from flags.
 */
import { familyOf, type Cidr, type Ip } from '../../rules/ip.ts';
import type { ConntrackLimits } from '../../rules/node/conntrack-settings.ts';
import type { DetectLocal } from '../../rules/node/local-detector.ts';
import {
  namesLocalhost,
  NODE_PORT_KEYWORDS,
  type NodePortAddresses,
  type NodePortKeyword,
} from '../../rules/node/node-port-addresses.ts';
import type { LoadBalancing } from '../../rules/services/load-balancing.ts';
import { parseBindAddress, type BindAddress } from '../http/bind-address.ts';
import type { VariantName } from '../kernel/iptables-variant.ts';
import { DEFAULT_LIMITS, type ProxyLimits } from '../userspace/limits.ts';
import type { ProxyMode, RedirectChoice } from './proxy-mode.ts';
import type { KubeProxyConfiguration } from './schema.ts';
import { parsePortRange } from './values.ts';

/** How log lines look. */
export type LogFormat = 'text' | 'json';

/** Where the agent's servers listen; `undefined`: not at all. */
export interface ServerAddresses {
  readonly healthz: BindAddress | undefined;
  readonly metrics: BindAddress | undefined;
  /** Whether the agent ends when it cannot listen there. */
  readonly isHardFail: boolean;
}

/** What only iptables mode asks. */
export interface IptablesConfig {
  /** Which of the two iptables; `auto` for the one that kubelet uses. */
  readonly variant: VariantName | 'auto';
  /** Whether node ports may be served at 127.0.0.1. */
  readonly allowsLocalhostNodePorts: boolean;
}

/** The effective configuration. */
export interface AgentConfig {
  readonly mode: ProxyMode;
  /** Lower case; empty when the operating system's host name counts. */
  readonly hostnameOverride: string;
  /** The path of a kubeconfig file; empty when there is none. */
  readonly kubeconfig: string;
  /** Only says what the node's primary IP is; nothing is bound to it. */
  readonly bindAddress: Ip;
  /** Whether all traffic to ClusterIPs is masqueraded, not just that from outside the cluster. */
  readonly masqueradeAll: boolean;
  /** The packet mark that asks for masquerading: one bit, as an unsigned 32-bit number. */
  readonly masqueradeMark: number;
  readonly detectLocal: DetectLocal;
  /** With the mode's default where none was configured. */
  readonly nodePortAddresses: NodePortAddresses;
  /** What only iptables mode asks. */
  readonly iptables: IptablesConfig;
  /** How long to wait before a failed sync is tried again. */
  readonly syncPeriodMs: number;
  /** The shortest time between two syncs; 0 means that every change is synced at once. */
  readonly minSyncPeriodMs: number;
  /** Where the agent's servers listen. */
  readonly servers: ServerAddresses;
  /** What to ask of the kernel's connection tracking. */
  readonly conntrack: ConntrackLimits;
  /** What the userspace proxy goes by. */
  readonly userspace: UserspaceConfig;
  /** How likely the kernel ends the agent when memory is short, from -1000 to 1000. */
  readonly oomScoreAdj: number;
  readonly logging: { readonly format: LogFormat; readonly verbosity: number };
  /** Every field of the configuration file format, with those that are not in use yet. */
  readonly file: KubeProxyConfiguration;
}

/** How connections are carried in userspace. */
export interface UserspaceConfig {
  readonly redirect: RedirectChoice;
  /** For Services that do not say. */
  readonly loadBalancing: LoadBalancing;
  /** Those limits that are configured. */
  readonly limits: Pick<ProxyLimits, 'ports' | 'drainMs' | 'tcpIdleMs' | 'udpIdleMs'>;
}

/** What a KubeProxyConfiguration means for the agent. */
export function agentConfigOf(file: KubeProxyConfiguration): AgentConfig {
  const { masqueradeAll, masqueradeBit, syncPeriod, minSyncPeriod } = file[file.mode];
  return {
    mode: file.mode,
    hostnameOverride: file.hostnameOverride,
    kubeconfig: file.clientConnection.kubeconfig,
    bindAddress: file.bindAddress,
    masqueradeAll,
    masqueradeMark: (1 << masqueradeBit) >>> 0,
    detectLocal: detectLocalOf(file),
    nodePortAddresses: nodePortAddressesOf(file),
    iptables: {
      variant: file.iptables.variant,
      allowsLocalhostNodePorts: file.iptables.localhostNodePorts,
    },
    syncPeriodMs: syncPeriod,
    minSyncPeriodMs: minSyncPeriod,
    servers: {
      healthz: parseBindAddress(file.healthzBindAddress),
      metrics: parseBindAddress(file.metricsBindAddress),
      isHardFail: file.bindAddressHardFail,
    },
    conntrack: file.conntrack,
    userspace: userspaceOf(file),
    oomScoreAdj: file.oomScoreAdj,
    logging: { format: file.logging.format, verbosity: file.logging.verbosity },
    file,
  };
}

/** Whether node ports are to be served at 127.0.0.1. */
export function servesLocalhost({
  mode,
  iptables,
  nodePortAddresses,
}: Pick<AgentConfig, 'mode' | 'iptables' | 'nodePortAddresses'>): boolean {
  if (mode !== 'iptables' || !iptables.allowsLocalhostNodePorts) return false;
  return namesLocalhost(nodePortAddresses);
}

// --- internal ---

function detectLocalOf(file: KubeProxyConfiguration): DetectLocal {
  const { detectLocalMode: mode, detectLocal, clusterCIDR } = file;
  switch (mode) {
    case 'ClusterCIDR':
      return { mode, cidrs: Object.fromEntries(clusterCIDR.map((cidr) => [familyOf(cidr), cidr])) };
    case 'NodeCIDR':
      return { mode };
    case 'BridgeInterface':
      return { mode, interface: detectLocal.bridgeInterface };
    case 'InterfaceNamePrefix':
      return { mode, prefix: detectLocal.interfaceNamePrefix };
  }
}

function userspaceOf({ userspace }: KubeProxyConfiguration): UserspaceConfig {
  const { redirect, loadBalancing, portRange, drainTimeout, tcpIdleTimeout, udpIdleTimeout } =
    userspace;
  const ports = parsePortRange(portRange) ?? DEFAULT_LIMITS.ports;
  return {
    redirect,
    loadBalancing,
    limits: {
      ports,
      drainMs: drainTimeout,
      tcpIdleMs: tcpIdleTimeout,
      udpIdleMs: udpIdleTimeout,
    },
  };
}

/**
 * kube-proxy limits node ports to the node's primary IPs in nftables mode, and only there; our userspace
 * mode follows, since nftables is its usual way in.
 */
const NODE_PORT_DEFAULTS: Readonly<Record<ProxyMode, NodePortAddresses>> = {
  nftables: { keywords: ['primary'], cidrs: [] },
  iptables: { keywords: [], cidrs: [] },
  userspace: { keywords: ['primary'], cidrs: [] },
};

function nodePortAddressesOf({
  mode,
  nodePortAddresses,
}: KubeProxyConfiguration): NodePortAddresses {
  if (nodePortAddresses.length === 0) return NODE_PORT_DEFAULTS[mode];
  const entries = [...new Set(nodePortAddresses)];
  return {
    keywords: entries.filter(isKeyword),
    cidrs: entries.filter((entry): entry is Cidr => !isKeyword(entry)),
  };
}

function isKeyword(entry: NodePortKeyword | Cidr): entry is NodePortKeyword {
  return NODE_PORT_KEYWORDS.some((keyword) => keyword === entry);
}
