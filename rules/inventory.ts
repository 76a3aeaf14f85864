/**
 * What is programmed, Service by Service, for people and for programs. Both forms come in pieces, a
 * Service at a time: of ten thousand Services the whole is large.
 */
import type { IpFamily } from './ip.ts';
import type { ServiceKey, ServicePortKey } from './services/types.ts';

/** What one family has programmed. */
export interface Inventory {
  readonly family: IpFamily;
  /** How many changes are not programmed yet. */
  readonly waiting: number;
  /** The Services that were refused: they are as they were before, or absent. */
  readonly quarantined: readonly ServiceKey[];
  /** The Services that have ports of this family, sorted. */
  readonly services: readonly ServiceKey[];
  /** What each port of a Service has. */
  portsOf(service: ServiceKey): readonly InventoryPort[];
}

/** What one service port has programmed. */
export interface InventoryPort {
  readonly key: ServicePortKey;
  /** In the words of Services, in the order of a packet's way. */
  readonly lines: readonly string[];
  /** In the mode's own terms, for programs. */
  readonly rules: readonly object[];
}

/** As text; of one Service only, if it is given. */
export function* inventoryText(
  inventories: readonly Inventory[],
  service?: ServiceKey,
): Generator<string> {
  for (const inventory of inventories) {
    const { family, waiting, quarantined } = inventory;
    const services = servicesOf(inventory, service);
    yield `# ${family}: Services ${services.length}, changes not in the kernel yet ${waiting}\n`;
    for (const refused of quarantined) yield `# refused by the kernel: ${refused}\n`;
    for (const each of services) {
      const blocks = inventory.portsOf(each).map(({ key, lines }) => [key, ...lines].join('\n  '));
      yield `\n${blocks.join('\n')}\n`;
    }
    yield '\n';
  }
}

/** As JSON, with each port's rules in the mode's own terms; of one Service only, if it is given. */
export function* inventoryJson(
  inventories: readonly Inventory[],
  service?: ServiceKey,
): Generator<string> {
  let familySeparator = '{"families":[';
  for (const inventory of inventories) {
    const { family, waiting, quarantined } = inventory;
    const head = JSON.stringify({ family, waiting, quarantined }).slice(0, -1);
    yield `${familySeparator}${head},"services":[`;
    familySeparator = ',';
    let separator = '\n';
    for (const each of servicesOf(inventory, service)) {
      const ports = inventory.portsOf(each).map(({ key, rules }) => ({ port: key, rules }));
      yield `${separator}${JSON.stringify({ service: each, ports })}`;
      separator = ',\n';
    }
    yield ']}';
  }
  yield inventories.length === 0 ? '{"families":[]}\n' : ']}\n';
}

// --- internal ---

function servicesOf({ services }: Inventory, service: ServiceKey | undefined): ServiceKey[] {
  return services.filter((each) => service === undefined || each === service);
}
