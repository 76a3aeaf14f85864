/** What bounds the userspace proxy. All times in milliseconds. */
import type { PortRange } from '../../rules/userspace/port-allocation.ts';

/** The bounds. */
export interface ProxyLimits {
  /**
   * How long an endpoint has to take a connection: the first that keeps it waiting, the second, and so on;
   * after the last of these times it is given up.
   */
  readonly dialMs: readonly number[];
  /** How many endpoints are tried for one connection, those that refuse at once with them. */
  readonly maxTries: number;
  /** A connection over which nothing came for so long is closed. */
  readonly tcpIdleMs: number;
  /** The same for one that one side has ended. */
  readonly halfClosedIdleMs: number;
  /** How long the connections of a listener or an endpoint that is gone may stay. */
  readonly drainMs: number;
  /** A flow of datagrams without any for so long is forgotten. */
  readonly udpIdleMs: number;
  /** For so long a flow's first datagrams are kept, to be sent again if nobody turns out to be there. */
  readonly udpReplayMs: number;
  /** Flows of one listener; the one not used for longest makes room. */
  readonly maxFlows: number;
  /** Sockets that may be open. */
  readonly maxSockets: number;
  /** Resident memory in bytes above which nothing new is accepted. */
  readonly maxMemoryBytes: number;
  /** Where listeners get ports that ask for none. */
  readonly ports: PortRange;
  /** How often idle and drain limits are looked after, and whether something is not exhausted any more. */
  readonly sweepMs: number;
}

/** Limits of times and counts; those of this machine are added by `systemLimits`. */
export const DEFAULT_LIMITS: Omit<ProxyLimits, 'maxSockets' | 'maxMemoryBytes'> = {
  dialMs: [250, 500, 1_000, 2_000],
  maxTries: 16,
  // As long as the kernel tracks them in the other modes.
  tcpIdleMs: 24 * 3_600_000,
  halfClosedIdleMs: 3_600_000,
  drainMs: 300_000,
  udpIdleMs: 30_000,
  udpReplayMs: 1_000,
  maxFlows: 16_384,
  // Below the kernel's own choice for outgoing connections and below node ports.
  ports: { from: 20_000, to: 29_999 },
  sweepMs: 1_000,
};
