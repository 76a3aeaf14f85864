/**
 * What of the agent there is to measure: the world, the planner and the nft transport, with a
 * stopwatch on every run of nft.
 */
import { createNft, NFT_DEFAULTS } from '../../agent/kernel/nft-process.ts';
import { NftTransport } from '../../agent/kernel/nft-transport.ts';
import { TableSync } from '../../agent/sync/table-sync.ts';
import type { RuleSettings } from '../../rules/settings.ts';
import { createWorld, type World } from '../../rules/services/world.ts';
import { NODE, POD_CIDR, SERVICE_CIDR } from './cluster.ts';
import { timeRuns, type NftRun } from './nft-runs.ts';

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
  /** Everything that nft was run for, in order. */
  readonly runs: readonly NftRun[];
  /** How many elements were added, replaced or removed. */
  readonly elementsSent: number;
}

/** An agent for one family whose syncs are timed. */
export interface MeasuredAgent {
  readonly world: World;
  /** Does something to the world and brings it into the kernel. Rejects if anything goes wrong on the way. */
  sync(event?: () => void): Promise<MeasuredSync>;
}

/** An agent with an empty world, which has not looked at the kernel yet. */
export function createMeasuredAgent(): MeasuredAgent {
  const world = createWorld();
  const nft = timeRuns(createNft(NFT_DEFAULTS));
  let elementsSent = 0;
  // The agent would repair and go on, but such a sync is no measurement.
  const fail = (error: Error): never => {
    throw error;
  };
  const table = new TableSync({
    family: 'IPv4',
    settings: SETTINGS,
    transport: new NftTransport(nft.run),
    now: () => performance.now(),
    events: {
      applied: ({ added, replaced, removed }) => {
        elementsSent += added + replaced + removed;
      },
      quarantined: (_service, error) => fail(error),
      repairing: fail,
      collectFailed: fail,
    },
  });
  return {
    world,
    async sync(event) {
      elementsSent = 0;
      const startedMs = performance.now();
      event?.();
      for (const [service, ports] of world.checkOut().ports) table.setPorts(service, ports);
      await table.sync();
      return { startedMs, endedMs: performance.now(), runs: nft.takeRuns(), elementsSent };
    },
  };
}
