/** The userspace proxy as the rest of the agent sees it. */
import type { IpFamily } from '../../rules/ip.ts';
import type { ServicePortKey } from '../../rules/services/types.ts';
import type { ListenerSpec } from '../../rules/userspace/listener-spec.ts';

/** Carries bytes between clients and endpoints, as its listeners say. */
export interface UserspaceProxy {
  /**
   * Takes up the listeners of some owners, usually Services: each owner's list replaces the one it had,
   * an empty list means that it is gone. Listeners of other owners are left alone, those that did not
   * change as well. Resolves when every new listener listens or has failed, and answers all that do
   * not listen now, of whatever owner; each call tries these again. Never rejects. Calls are worked
   * through one after the other.
   */
  apply(changes: ReadonlyMap<string, readonly ListenerSpec[]>): Promise<readonly ListenFailure[]>;
  /** The port at which a listener listens; `undefined` when it does not. */
  portOf(id: string): number | undefined;
  /** What every service port has counted; one that is gone is left out once its connections have ended. */
  counters(): Iterable<PortCounters>;
  /**
   * Stops listening at once, lets what is open go on for this long at most, and closes the rest. Resolves
   * when nothing is open. May be called again, with a shorter time.
   */
  stop(drainMs: number): Promise<void>;
}

/** A listener that could not listen. */
export interface ListenFailure {
  readonly spec: ListenerSpec;
  /** One sentence: what could not be done and why. */
  readonly message: string;
}

/** What one service port has counted since it was there. */
export interface PortCounters {
  readonly servicePort: ServicePortKey;
  readonly family: IpFamily;
  readonly protocol: 'tcp' | 'udp';
  /** Connections (UDP: flows) that clients opened. */
  readonly accepted: number;
  /** Those that are open now. */
  readonly active: number;
  /** Those that no endpoint took. */
  readonly failed: number;
  /** Attempts to connect to another endpoint after one had failed. */
  readonly retried: number;
  /** Bytes that came from clients. */
  readonly receivedBytes: number;
  /** Bytes that went to clients. */
  readonly sentBytes: number;
  /** How long endpoints took to take TCP connections: how many of these times are in each of `CONNECT_BUCKETS_MS`. */
  readonly connects: readonly number[];
  /** The sum of these times. */
  readonly connectMs: number;
}

/** The upper bounds of buckets of connect times; a last bucket without a bound follows them. */
export const CONNECT_BUCKETS_MS: readonly number[] = Array.from(
  { length: 8 },
  (_, i) => 0.25 * 4 ** i,
);

/** What runs out when there is too much to do. */
export type Resource = 'descriptors' | 'ports' | 'memory';

/** Listens to a userspace proxy. Calls are cheap and never throw. */
export interface UserspaceObserver {
  /** A listener could not listen. */
  listenFailed?(failure: ListenFailure): void;
  /** Nothing new is accepted until there is some of this again; of ports, by who has only such endpoints. */
  exhausted?(resource: Resource, message: string): void;
  /** There is enough of it again, and clients are accepted. */
  recovered?(resource: Resource): void;
  /** A service port and all its connections are gone: nobody counts in its name any more. */
  forgotten?(servicePort: ServicePortKey, family: IpFamily): void;
}
