/**
 * What a proxy tells those who want to know: metrics, health, servers. An observer implements what it
 * needs. Calls are cheap, do not wait for anything and never throw.
 */
import type { IpFamily } from '../rules/ip.ts';
import type { Changes } from '../rules/services/world.ts';
import type { Applied } from './sync/proxier.ts';

/** Listens to a proxy. */
export interface ProxyObserver {
  /** A sync was asked for. */
  queued?(): void;
  /** A sync begins, to take up these changes. */
  started?(changes: Changes): void;
  /** A sync of one family ended. */
  synced?(sync: FamilySync): void;
  /** A difference is programmed. */
  applied?(applied: Applied): void;
  /** What was programmed was not as it had been left, which a refusal may have shown. */
  repairing?(family: IpFamily, wasRefused: boolean): void;
  /** What nothing uses any more could not be deleted; that is tried again. */
  collectFailed?(family: IpFamily): void;
}

/** One family's part of a sync. */
export interface FamilySync {
  readonly family: IpFamily;
  readonly elapsedMs: number;
  /** Whether it began with a look at all that was there, instead of believing it to be as it was left. */
  readonly isFull: boolean;
  /** Why it failed; `undefined` when it did not. */
  readonly error: Error | undefined;
  /**
   * When that happened which is in the kernel now, in ms since the epoch, as far as EndpointSlices
   * say; empty when the sync failed.
   */
  readonly triggeredAtMs: readonly number[];
}
