/** The flow cleaner as the agent runs it: on this machine's table, and with a log. */
import type { IpFamily } from '../../rules/ip.ts';
import type { Logger } from '../log.ts';
import { localAddresses } from '../node/local-addresses.ts';
import { CONNTRACK_DEFAULTS, createConntrackTable } from './conntrack-program.ts';
import { FlowCleaner, type FlowObserver } from './flow-cleaner.ts';
import { createFlowLog } from './flow-log.ts';

/** What the agent's cleaner needs. */
export interface CreateCleanerOptions {
  readonly families: readonly IpFamily[];
  readonly log: Logger;
  /** Who listens besides the log. */
  readonly observers: readonly FlowObserver[];
}

/** A cleaner of this network namespace's flows, which observes a proxy. */
export function createFlowCleaner({ families, log, observers }: CreateCleanerOptions): FlowCleaner {
  return new FlowCleaner({
    families,
    table: createConntrackTable(CONNTRACK_DEFAULTS),
    nodeAddresses: localAddresses,
    observers: [createFlowLog(log), ...observers],
    now: () => performance.now(),
  });
}
