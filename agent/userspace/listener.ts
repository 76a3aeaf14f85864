/** What TCP and UDP listeners have in common. */
import { isDeepStrictEqual } from 'node:util';
import type { Ip } from '../../rules/ip.ts';
import type { ListenerSpec } from '../../rules/userspace/listener-spec.ts';
import type { PortTally } from './port-tally.ts';

/** A listener of the proxy. It lives on after it has stopped listening, until nothing is open. */
export interface Listener {
  /** The counts of its service port. */
  readonly tally: PortTally;
  /** Takes up everything of a spec but where to listen; after `drain` it is wanted again. */
  configure(spec: ListenerSpec): void;
  /** Listens at a port of all these addresses, or at none: rejects with the system's error. */
  listen(ips: readonly Ip[], port: number): Promise<void>;
  readonly isListening: boolean;
  /** Whether it stopped by itself, and is not to listen again yet. */
  readonly isResting: boolean;
  /** Accepts nobody until it listens again; what is open goes on. */
  stopListening(): void;
  /** Stops for good, and resolves when it does not listen: what is open goes on until the drain limit. */
  drain(): Promise<void>;
  /** Whether nothing is open but what it listens at. */
  readonly isEmpty: boolean;
  /** Looks after time limits. */
  sweep(nowMs: number): void;
  /** Closes at once what is open. */
  abort(): void;
}

/** Whether a listener is where the other spec wants it, so that it can take up the rest. */
export function isSamePlace(a: ListenerSpec, b: ListenerSpec): boolean {
  return identityOf(a) === identityOf(b) && a.port === b.port && isDeepStrictEqual(a.ips, b.ips);
}

/** A listener that was gone and is wanted again by the same identity has its connections again. */
export function identityOf({ id, servicePort, family, protocol }: ListenerSpec): string {
  return [id, servicePort, family, protocol].join(' ');
}
