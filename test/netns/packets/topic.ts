/** Topics: parts of the packet table, each with its Services beside its rows. */
import type { IpPair } from './hosts.ts';
import type { PacketRow } from './row.ts';
import type { TestService } from './service.ts';

/** One part of the table. Topics of one scene share a cluster: their Services' numbers must differ. */
export interface Topic {
  readonly name: string;
  readonly services: readonly TestService[];
  readonly rows: readonly PacketRow[];
  /** Addresses that hosts have besides their own, with a route there. */
  readonly extraIps?: readonly ExtraIps[];
  /** Servers besides those that every bed has. */
  readonly servers?: readonly Server[];
}

/** Addresses of a host on its loopback interface. */
export interface ExtraIps {
  readonly host: string;
  readonly ips: IpPair;
}

/** A host that answers at addresses of its own. */
export interface Server {
  readonly host: string;
  readonly ips: IpPair;
  readonly port: number;
}
