/** What TCP and UDP listeners have in common. */
import type { Ip } from '../../rules/ip.ts';
import type { ListenerSpec } from '../../rules/userspace/listener-spec.ts';
import type { PortTally } from './port-tally.ts';

/** A listener of the proxy. It lives on after it has stopped listening, until nothing is open. */
export interface Listener {
  /** The counts of its service port. */
  readonly tally: PortTally;
  /** Takes up everything of a spec but where to listen. */
  configure(spec: ListenerSpec): void;
  /** Listens at a port of all these addresses, or at none: rejects with the system's error. */
  listen(ips: readonly Ip[], port: number): Promise<void>;
  readonly isListening: boolean;
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
