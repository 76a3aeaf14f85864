/** Planners at work: what tests of the planner have in common. */
import type { Contents, Element } from '../../../../rules/diff/element.ts';
import type { IpFamily } from '../../../../rules/ip.ts';
import { garbageCommands, transactionSteps } from '../../../../rules/nftables/commands.ts';
import { ENDPOINT_MAPS, endpointMapName } from '../../../../rules/nftables/endpoint-maps.ts';
import { LOCAL_SLOTS, SHARED_CHAINS } from '../../../../rules/nftables/names.ts';
import { NftablesPlanner } from '../../../../rules/nftables/planner.ts';
import { scriptSteps, scriptText } from '../../../../rules/nftables/script.ts';
import type { RuleSettings } from '../../../../rules/settings.ts';
import type { Transaction } from '../../../../rules/nftables/transaction.ts';
import type { Ports } from './clusters.ts';
import { KernelModel } from './kernel-model.ts';
import { makeSettings } from './settings.ts';

/** A planner that was given these ports. */
export function plannerWith(
  family: IpFamily,
  ports: Ports,
  settings: RuleSettings = makeSettings(family),
): NftablesPlanner {
  const planner = new NftablesPlanner(family, settings);
  setAll(planner, ports);
  return planner;
}

/** Gives a planner all of these ports. */
export function setAll(planner: NftablesPlanner, ports: Ports): void {
  for (const [service, servicePorts] of ports) planner.setPorts(service, servicePorts);
}

/** Applies what is planned, garbage and all, and says so. */
export function sync(planner: NftablesPlanner, kernel: KernelModel): Transaction {
  const transaction = planner.plan();
  for (const { commands } of transactionSteps(transaction, [], 1)) kernel.run(commands);
  planner.committed(transaction);
  kernel.run(garbageCommands(transaction));
  planner.collected(transaction);
  return transaction;
}

/** A kernel that has what the planner wants. */
export function kernelOf(planner: NftablesPlanner): KernelModel {
  const kernel = new KernelModel();
  sync(planner, kernel);
  return kernel;
}

/** The whole ruleset as text. */
export function textOf(planner: NftablesPlanner): string {
  return scriptText(scriptSteps(planner.plan()));
}

/** Everything in a kernel that a packet could tell, which leaves out who stands in which slot. */
export function meaningOf({ chains, collections }: KernelModel): object {
  return {
    chains: [...chains].map(([name, rules]) => `${name} ${JSON.stringify(rules)}`).sort(),
    elements: [...collections.values()].flatMap((it) => [...it.values()].map(withoutSlot)).sort(),
  };
}

/** The slots of each frontend that are taken, from 0, those of node-local endpoints apart. */
export function takenSlots(contents: Contents): Map<string, number[]> {
  const taken = new Map<string, number[]>();
  for (const collection of ENDPOINT_MAPS.map(endpointMapName)) {
    for (const key of contents.get(collection)?.keys() ?? []) {
      const { frontend, slot } = splitSlot(key);
      const isLocal = slot >= LOCAL_SLOTS;
      const name = `${collection} ${frontend}${isLocal ? ' local' : ''}`;
      taken.set(name, [...(taken.get(name) ?? []), isLocal ? slot - LOCAL_SLOTS : slot]);
    }
  }
  return taken;
}

/** The names of the shared chains in found contents. */
export function sharedChainsIn(contents: Contents): string[] {
  return [...(contents.get(SHARED_CHAINS)?.keys() ?? [])].sort();
}

// --- internal ---

function withoutSlot({ collection, key, value, comment }: Element): string {
  const { frontend, slot } = splitSlot(key);
  const place = slot < LOCAL_SLOTS ? 'anywhere' : 'here';
  const name = collection.endsWith('endpoints') ? `${frontend} ${place}` : key;
  return [collection, name, value, comment].join(' | ');
}

function splitSlot(key: string): { frontend: string; slot: number } {
  const end = key.lastIndexOf(' . ');
  return { frontend: key.slice(0, end), slot: Number(key.slice(end + 3)) };
}
