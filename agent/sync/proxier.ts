/**
 * A proxier keeps one family's Services at work on this node: in the kernel's nftables or iptables, or
 * in this process. Every proxy mode is an implementation.
 */
import type { IpFamily } from '../../rules/ip.ts';
import type { Inventory } from '../../rules/inventory.ts';
import type { PacketCount } from '../../rules/iptables/counted-rules.ts';
import type { ReportSection } from '../../rules/report.ts';
import type { ServiceKey, ServicePort } from '../../rules/services/types.ts';
import type { RuleSettings } from '../../rules/settings.ts';
import type { KernelError } from '../kernel/kernel-error.ts';

/**
 * One family's Services, kept at work. Calls do not overlap, except for the inventory and the counts of
 * packets, which may be asked for at any time.
 */
export interface Proxier {
  readonly family: IpFamily;
  /** Takes new settings, for the next sync. */
  configure(settings: RuleSettings): void;
  /** Takes a Service's ports of both families, for the next sync; an empty list removes it. */
  setPorts(service: ServiceKey, ports: readonly ServicePort[]): void;
  /**
   * Looks, at little cost, whether what was programmed is still there; what is not is put back by the
   * next sync. Also lets refused Services that have waited long enough have another try with it.
   */
  verify(): Promise<void>;
  /** Brings this node to what is wanted. Rejects with a KernelError if it could not. */
  sync(): Promise<void>;
  /** How often a sync began with a look at all that was there, which is what makes it a full one. */
  readonly reads: number;
  /** The Services that were refused and are not (or no longer) programmed as they want. */
  readonly quarantined: readonly ServiceKey[];
  /** How many rules there are by table; only where rules are counted. */
  ruleCounts?(): readonly RuleCount[];
  /** How many packets the kernel has counted; only where it counts some. Rejects with a KernelError. */
  packetCounts?(): Promise<ReadonlyMap<PacketCount, number>>;
  /** How many node ports it serves at localhost; `undefined` where it would serve none. */
  readonly localhostListeners?: number;
  /** What is programmed, for whoever asks. */
  readonly inventory: Inventory;
  /** Holds new clients back, before `stop` and after the last sync. */
  close?(): Promise<void>;
  /** Ends what would end with the process, in an orderly way; a proxier of the kernel has nothing such. */
  stop?(): Promise<void>;
}

/** How many rules a table has. */
export interface RuleCount {
  readonly table: 'filter' | 'nat';
  readonly total: number;
  /** How many of them the last sync wrote. */
  readonly last: number;
}

/** What a proxier tells its owner as it goes. */
export interface ProxierEvents {
  /** A difference is programmed. */
  applied(applied: Applied): void;
  /** A Service was left as it was before, since it is not taken. */
  quarantined(service: ServiceKey, error: KernelError): void;
  /**
   * Something was not as we left it; everything is looked at anew. `wasRefused`: that showed when a
   * difference was refused, and not by looking.
   */
  repairing(reason: KernelError, wasRefused: boolean): void;
  /** Something without a user could not be deleted; the next sync tries again. */
  collectFailed(reason: KernelError): void;
  /** Something that people should know about how Services are served here. */
  noted?(message: string): void;
}

/** A difference that was programmed. */
export interface Applied {
  readonly family: IpFamily;
  /** What was done to the table as a whole, `create` or the like; `keep` when only a difference was sent. */
  readonly table: string;
  /** How many elements, rules or listeners are new, others, gone. */
  readonly added: number;
  readonly replaced: number;
  readonly removed: number;
  readonly elapsedMs: number;
  /** The same in the words of Services: worked out when it is called, and before the next sync. */
  report(): ReportSection[];
}
