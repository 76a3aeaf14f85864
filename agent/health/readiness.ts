/**
 * Whether the node's rules are what the cluster wants, and if not, why: for people and for rolling
 * updates. Liveness asks less: an agent that waits for the API server need not be restarted.
 */
import type { IpFamily } from '../../rules/ip.ts';
import type { Freshness } from '../cluster/source.ts';
import type { FamilySync, ProxyObserver } from '../proxy-observer.ts';

/** Follows a proxy's syncs, and asks the source how far it can be believed. */
export class Readiness implements ProxyObserver {
  readonly #freshness: () => readonly Freshness[];
  readonly #syncs: Map<IpFamily, FamilySync | undefined>;

  constructor(families: readonly IpFamily[], freshness: () => readonly Freshness[]) {
    this.#freshness = freshness;
    this.#syncs = new Map(families.map((family) => [family, undefined]));
  }

  synced(sync: FamilySync): void {
    this.#syncs.set(sync.family, sync);
  }

  /** One sentence for each thing that is not as it should be; none when all is well. */
  reasons(): readonly string[] {
    return [
      ...this.#freshness().flatMap((view) => reasonOfView(view) ?? []),
      ...[...this.#syncs].flatMap(([family, sync]) => reasonOfSync(family, sync) ?? []),
    ];
  }
}

// --- internal ---

/** Several times as long as a watch may be silent before it is started anew. */
const MAX_VIEW_AGE_MS = 5 * 60_000;

function reasonOfView({ kind, isSynced, viewAgeMs }: Freshness): string | undefined {
  if (!isSynced) return `${kind}: not listed yet`;
  if (viewAgeMs <= MAX_VIEW_AGE_MS) return undefined;
  const seconds = Math.floor(viewAgeMs / 1000);
  return `${kind}: nothing was heard of the API server for ${seconds} s`;
}

function reasonOfSync(family: IpFamily, sync: FamilySync | undefined): string | undefined {
  if (sync === undefined) return `${family}: not synced yet`;
  return sync.error && `${family}: the last sync failed: ${sync.error.message}`;
}
