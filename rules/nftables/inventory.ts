/** What a table has programmed, Service by Service. */
import type { Element } from '../diff/element.ts';
import type { Inventory } from '../inventory.ts';
import type { ServiceKey } from '../services/types.ts';
import { COLLECTION_STAGES, SHARED_CHAINS, type Collection } from './names.ts';
import type { NftablesPlanner } from './planner.ts';
import { describeElement } from './report.ts';

/** The inventory of a planner's table. */
export function tableInventory(
  planner: NftablesPlanner,
  quarantined: readonly ServiceKey[],
): Inventory {
  return {
    family: planner.family,
    waiting: planner.plan().changes.length,
    quarantined,
    services: planner.services,
    portsOf: (service) =>
      planner.sharesOf(service).map(({ port, elements }) => {
        const rules = ordered(elements);
        return { key: port.key, lines: rules.map(describeElement), rules };
      }),
  };
}

// --- internal ---

/** In the order of a packet's way: what a Service is reached at before what it leads to. */
function ordered(elements: readonly Element[]): Element[] {
  const inSets = elements.filter(({ collection }) => collection !== SHARED_CHAINS);
  return inSets.sort((a, b) => stageOf(b) - stageOf(a));
}

function stageOf({ collection }: Element): number {
  return COLLECTION_STAGES[collection as Collection];
}
