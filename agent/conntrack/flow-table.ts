/** The kernel's table of tracked flows, as far as we use it. */
import type { FlowPath } from '../../rules/conntrack/flow-path.ts';
import type { IpFamily } from '../../rules/ip.ts';

/** Everything rejects with a ConntrackError, soon when the signal aborts. */
export interface FlowTable {
  /** Shows the path of every UDP flow of a family, one at a time: there may be a million. */
  list(family: IpFamily, visit: (path: FlowPath) => void, signal: AbortSignal): Promise<void>;
  /** Removes all UDP flows on this path, and no others; answers how many there were. */
  remove(family: IpFamily, path: FlowPath, signal: AbortSignal): Promise<number>;
}
