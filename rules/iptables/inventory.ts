/** What the tables have programmed, Service by Service. */
import type { Inventory } from '../inventory.ts';
import type { ServiceKey } from '../services/types.ts';
import type { IptablesPlanner, Share } from './planner.ts';
import { changesOf } from './transaction.ts';

/** The inventory of a planner's tables. */
export function chainInventory(
  planner: IptablesPlanner,
  quarantined: readonly ServiceKey[],
): Inventory {
  return {
    family: planner.family,
    waiting: changesOf(planner.plan()).length,
    quarantined,
    services: planner.services,
    portsOf: (service) =>
      planner.sharesOf(service).map((share) => {
        const rules = rulesOf(share);
        const lines = rules.map(({ dispatch, chain, rule }) => `${chain ?? dispatch} ${rule}`);
        return { key: share.port.key, lines, rules };
      }),
  };
}

// --- internal ---

/** A rule, and the chain it stands in, or the dispatch that leads to it. */
interface InventoryRule {
  readonly dispatch?: string;
  readonly chain?: string;
  readonly rule: string;
}

/** In the order of a packet's way: what leads to a Service before what it leads to. */
function rulesOf({ chains, entries }: Share): InventoryRule[] {
  return [
    ...entries.map(({ dispatch, rule }) => ({ dispatch, rule })),
    ...chains.flatMap(({ key, value }) => value.split('\n').map((rule) => ({ chain: key, rule }))),
  ];
}
