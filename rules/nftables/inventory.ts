/**
 * What is programmed, Service by Service, for people and for programs. Both forms come in pieces, a
 * Service at a time: of ten thousand Services the whole is large.
 */
import type { Element } from '../diff/element.ts';
import type { ServiceKey } from '../services/types.ts';
import { COLLECTION_STAGES, SHARED_CHAINS, type Collection } from './names.ts';
import type { NftablesPlanner } from './planner.ts';
import { describeElement } from './report.ts';

/** One family's table. */
export interface InventoryTable {
  readonly planner: NftablesPlanner;
  /** The Services that the kernel refused: they are as they were before, or absent. */
  readonly quarantined: readonly ServiceKey[];
}

/** As text; of one Service only, if it is given. */
export function* inventoryText(
  tables: readonly InventoryTable[],
  service?: ServiceKey,
): Generator<string> {
  for (const { planner, quarantined } of tables) {
    const services = servicesOf(planner, service);
    const waiting = planner.plan().changes.length;
    yield `# ${planner.family}: Services ${services.length}, changes not in the kernel yet ${waiting}\n`;
    for (const refused of quarantined) yield `# refused by the kernel: ${refused}\n`;
    for (const each of services) {
      const blocks = planner
        .sharesOf(each)
        .map(({ port, elements }) => [port.key, ...linesOf(elements)].join('\n  '));
      yield `\n${blocks.join('\n')}\n`;
    }
    yield '\n';
  }
}

/** As JSON, with the elements as they are in the table; of one Service only, if it is given. */
export function* inventoryJson(
  tables: readonly InventoryTable[],
  service?: ServiceKey,
): Generator<string> {
  let tableSeparator = '{"tables":[';
  for (const { planner, quarantined } of tables) {
    const { family } = planner;
    const head = { family, waiting: planner.plan().changes.length, quarantined };
    yield `${tableSeparator}${JSON.stringify(head).slice(0, -1)},"services":[`;
    tableSeparator = ',';
    let separator = '\n';
    for (const each of servicesOf(planner, service)) {
      const ports = planner
        .sharesOf(each)
        .map(({ port, elements }) => ({ port: port.key, elements: ordered(elements) }));
      yield `${separator}${JSON.stringify({ service: each, ports })}`;
      separator = ',\n';
    }
    yield ']}';
  }
  yield tables.length === 0 ? '{"tables":[]}\n' : ']}\n';
}

// --- internal ---

function servicesOf(planner: NftablesPlanner, service: ServiceKey | undefined): ServiceKey[] {
  return planner.services.filter((each) => service === undefined || each === service);
}

function linesOf(elements: readonly Element[]): string[] {
  return ordered(elements).map(describeElement);
}

/** In the order of a packet's way: what a Service is reached at before what it leads to. */
function ordered(elements: readonly Element[]): Element[] {
  const inSets = elements.filter(({ collection }) => collection !== SHARED_CHAINS);
  return inSets.sort((a, b) => stageOf(b) - stageOf(a));
}

function stageOf({ collection }: Element): number {
  return COLLECTION_STAGES[collection as Collection];
}
