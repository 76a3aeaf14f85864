/**
 * The proxy modes that the packet table is run for. A mode that behaves differently on purpose says
 * so by name, and the rows that do not hold for it say `unless`.
 */
import { IPTABLES_VARIANTS, type VariantName } from '../../../agent/kernel/iptables-variant.ts';
import type { RuleKind } from '../../../agent/modes/redirects.ts';
import type { Host } from '../../../scripts/world/host.ts';
import { iptablesObstacle } from '../support/iptables-obstacle.ts';
import {
  type AgentRun,
  type LogLine,
  type RunningAgent,
  runAgentOnce,
  startAgent,
  waitUntilReady,
} from './agent.ts';

/** How a mode may differ from nftables mode (behaviour document, section 9). */
export type Difference =
  /** A port of a ClusterIP that no Service has is not rejected; the packet is routed on. */
  | 'unused ports pass'
  /** An address of a ServiceCIDR that no Service has is not dropped; the packet is routed on. */
  | 'unallocated addresses pass'
  /** Without endpoints every source is rejected, those outside the source ranges too. */
  | 'no endpoints before source ranges'
  /** By default node ports are served at every address of the node. */
  | 'node ports everywhere by default'
  /** Node ports are served at localhost. */
  | 'node ports at localhost'
  /** Endpoints see an address of the node in place of the sender's, whatever a row says: nothing `unless`. */
  | 'sources are the node';

/** A proxy mode under test. */
export interface PacketMode {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly obstacle?: string | undefined;
  /** What an agent is run with in this mode. */
  readonly flags: readonly string[];
  readonly differences: readonly Difference[];
  /**
   * Programs a node with what its source holds; Services are served when it resolves to the log. Where that
   * takes an agent that keeps running, it takes the place of the one before, and ends with the world.
   */
  program(node: Host, run: AgentRun): Promise<readonly LogLine[]>;
}

/** An agent that runs once makes no kernel settings; here they could not be made, and it would say so. */
const KERNEL_AS_IT_IS = [
  ...['--conntrack-max-per-core', '0', '--conntrack-tcp-timeout-established', '0s'],
  ...['--conntrack-tcp-timeout-close-wait', '0s'],
];

/**
 * What chains of iptables do differently, whether they lead to endpoints or to the userspace proxy: they
 * are kube-proxy's, which reject only what is known to have no endpoints, and that before all else.
 */
const CHAIN_DIFFERENCES: readonly Difference[] = [
  'unused ports pass',
  'unallocated addresses pass',
  'no endpoints before source ranges',
];

/** The modes in which the kernel carries connections. */
export const KERNEL_MODES: readonly PacketMode[] = [
  { name: 'nftables', flags: [], differences: [], program: runAgentOnce },
  ...IPTABLES_VARIANTS.map(iptablesMode),
];

/** All modes. */
export const PACKET_MODES: readonly PacketMode[] = [
  ...KERNEL_MODES,
  userspaceMode('nftables', { name: 'userspace', differences: [] }),
  userspaceMode(
    'iptables',
    {
      name: 'userspace-by-iptables',
      obstacle: iptablesObstacle('nft'),
      // Node ports are at the addresses of userspace mode, and at localhost it listens itself.
      differences: CHAIN_DIFFERENCES,
    },
    ['--iptables-variant', 'nft'],
  ),
];

// --- internal ---

function iptablesMode(variant: VariantName): PacketMode {
  const flags = ['--proxy-mode', 'iptables', '--iptables-variant', variant];
  return {
    name: `iptables-${variant}`,
    obstacle: iptablesObstacle(variant),
    flags,
    differences: [
      ...CHAIN_DIFFERENCES,
      'node ports everywhere by default',
      'node ports at localhost',
    ],
    async program(node, run) {
      // As an agent does that stays: one that runs once makes no kernel settings.
      await node.writeSysctls({ 'net/ipv4/conf/all/route_localnet': '1' });
      return runAgentOnce(node, { ...run, flags: [...run.flags, ...flags] });
    },
  };
}

/** userspace mode with this redirect, in an agent that stays: its listeners end with it. */
function userspaceMode(
  redirect: RuleKind,
  mode: Pick<PacketMode, 'name' | 'obstacle' | 'differences'>,
  more: readonly string[] = [],
): PacketMode {
  const flags = [
    ...[...KERNEL_AS_IT_IS, '--proxy-mode', 'userspace', '--userspace-redirect', redirect],
    ...more,
  ];
  return {
    ...mode,
    flags,
    differences: ['sources are the node', ...mode.differences],
    program: (node, run) => keepAgent(node, { ...run, flags: [...run.flags, ...flags] }),
  };
}

/** The agent of each node that has one running. */
const running = new WeakMap<Host, RunningAgent>();

async function keepAgent(node: Host, run: AgentRun): Promise<readonly LogLine[]> {
  await running.get(node)?.stop();
  const agent = await startAgent(node, run);
  running.set(node, agent);
  await waitUntilReady(node);
  return agent.log;
}
