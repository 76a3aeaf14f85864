/** Services with endpoints kept in the real kernel, and what is told of them. */
import type { ProxierEvents } from '../../../agent/sync/proxier.ts';
import type { RuleSync } from '../../../agent/sync/rule-sync.ts';
import type { IpFamily } from '../../../rules/ip.ts';
import type { RuleSettings } from '../../../rules/settings.ts';
import { keyOf, portOf } from '../../agent/sync/support/table-stage.ts';
import { makeSettings } from '../../rules/nftables/support/settings.ts';

/** The Services of a stage, by their numbers. */
export const NUMBERS: readonly number[] = [1, 2, 3, 4, 5];

/** Keeps Services in the kernel. */
export interface SyncStage {
  readonly sync: RuleSync;
  /** The Services that were said to be set aside, so far. */
  readonly quarantined: readonly string[];
  /** Why everything was repaired, so far. */
  readonly repairs: readonly string[];
  /** Gives every Service so many endpoints, or those with these numbers, and syncs; 0 removes them. */
  set(endpointCount: number, ...numbers: number[]): Promise<void>;
  /** Lets so much time go by. */
  pass(ms: number): void;
}

/** What every sync needs. */
export interface SyncOptions {
  readonly family: IpFamily;
  readonly settings: RuleSettings;
  readonly events: ProxierEvents;
  readonly now: () => number;
}

/** A stage for a sync of either kind. */
export function createSyncStage(createSync: (options: SyncOptions) => RuleSync): SyncStage {
  let nowMs = 0;
  const quarantined: string[] = [];
  const repairs: string[] = [];
  const sync = createSync({
    family: 'IPv4',
    settings: makeSettings('IPv4'),
    events: {
      applied: () => undefined,
      quarantined: (service) => quarantined.push(service),
      repairing: ({ code }) => repairs.push(code),
      collectFailed: () => undefined,
    },
    now: () => nowMs,
  });
  return {
    sync,
    quarantined,
    repairs,
    set: async (endpointCount, ...numbers) => {
      for (const each of numbers.length > 0 ? numbers : NUMBERS) {
        const ports = endpointCount === 0 ? [] : [portOf(each, endpointCount)];
        sync.setPorts(keyOf(each), ports);
      }
      await sync.sync();
    },
    pass: (ms) => {
      nowMs += ms;
    },
  };
}
