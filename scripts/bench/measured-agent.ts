/**
 * What of the agent there is to measure: the world, the planner and the transport of a mode, with a
 * stopwatch on every run of nft or iptables.
 */
import { IptablesTransport } from '../../agent/kernel/iptables-transport.ts';
import { chooseVariant, IPTABLES, type VariantName } from '../../agent/kernel/iptables-variant.ts';
import { createNft, NFT_DEFAULTS } from '../../agent/kernel/nft-process.ts';
import { NftTransport } from '../../agent/kernel/nft-transport.ts';
import { ChainSync } from '../../agent/sync/chain-sync.ts';
import type { ProxierEvents } from '../../agent/sync/proxier.ts';
import type { RuleSync } from '../../agent/sync/rule-sync.ts';
import { TableSync } from '../../agent/sync/table-sync.ts';
import type { RuleSettings } from '../../rules/settings.ts';
import { createWorld, type World } from '../../rules/services/world.ts';
import { NODE, POD_CIDR, SERVICE_CIDR } from './cluster.ts';
import { timePrograms, timeRuns, type ProgramRun, type Timed } from './program-runs.ts';

/** What the made-up cluster's node is configured with. */
export const SETTINGS: RuleSettings = {
  masqueradeMark: 0x4000,
  masqueradeAll: false,
  localDetector: { kind: 'cidr', cidr: POD_CIDR },
  nodePorts: { matchAll: true },
  serviceCidrs: [SERVICE_CIDR],
  nodeIps: NODE.ips,
};

/** One sync. Times are those of `performance.now()`. */
export interface MeasuredSync {
  /** When the event came. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** Everything that nft or iptables was run for, in order. */
  readonly runs: readonly ProgramRun[];
  /** How many elements, or chains and jumps, were added, replaced or removed. */
  readonly elementsSent: number;
}

/** An agent for one family whose syncs are timed. */
export interface MeasuredAgent {
  readonly world: World;
  /** Does something to the world and brings it into the kernel. Rejects if anything goes wrong on the way. */
  sync(event?: () => void): Promise<MeasuredSync>;
}

/** An agent in nftables mode with an empty world, which has not looked at the kernel yet. */
export function createMeasuredAgent(): MeasuredAgent {
  const nft = timeRuns(createNft(NFT_DEFAULTS));
  const transport = new NftTransport(nft.run);
  return measure(nft, (events) => new TableSync({ ...COMMON, transport, events }));
}

/** The same in iptables mode. */
export function createMeasuredChains(variant: VariantName): MeasuredAgent {
  const iptables = timePrograms(IPTABLES.run);
  const seams = { ...IPTABLES, run: iptables.run };
  const transport = new IptablesTransport(seams, () => chooseVariant(variant, seams));
  const chainOptions = () => ({ allowsLocalhostNodePorts: false, dropsInvalid: true });
  return measure(
    iptables,
    (events) => new ChainSync({ ...COMMON, chainOptions, transport, events }),
  );
}

// --- internal ---

const COMMON = {
  family: 'IPv4',
  settings: SETTINGS,
  now: () => performance.now(),
} as const;

function measure(
  timed: Pick<Timed<never>, 'takeRuns'>,
  create: (events: ProxierEvents) => RuleSync,
): MeasuredAgent {
  const world = createWorld();
  let elementsSent = 0;
  // The agent would repair and go on, but such a sync is no measurement.
  const fail = (error: Error): never => {
    throw error;
  };
  const rules = create({
    applied: ({ added, replaced, removed }) => {
      elementsSent += added + replaced + removed;
    },
    quarantined: (_service, error) => fail(error),
    repairing: fail,
    collectFailed: fail,
  });
  return {
    world,
    async sync(event) {
      elementsSent = 0;
      const startedMs = performance.now();
      event?.();
      for (const [service, ports] of world.checkOut().ports) rules.setPorts(service, ports);
      await rules.sync();
      return { startedMs, endedMs: performance.now(), runs: timed.takeRuns(), elementsSent };
    },
  };
}
