/**
 * The planner of one family's table: takes service ports as they change, keeps what each of them
 * contributes, and says what is missing in the kernel as a transaction. It thinks only; somebody
 * else applies the transaction and reports back.
 */
import type { Contents, Element, ElementChange } from '../diff/element.ts';
import { Ledger } from '../diff/ledger.ts';
import { orderByStage } from '../diff/order.ts';
import type { IpFamily } from '../ip.ts';
import type { ServiceKey, ServicePort } from '../services/types.ts';
import { affinityMoves } from './affinity.ts';
import { contributionOf, frontendKey, intervalKey, type Slots } from './contribution.ts';
import { ENDPOINT_MAPS, endpointMapName, frontendSlotOf } from './endpoint-maps.ts';
import { rulesId, shapeId } from './identity.ts';
import {
  COLLECTION_STAGES,
  INTERVAL_SETS,
  LOCAL_SLOTS,
  SHARED_CHAINS,
  type Collection,
} from './names.ts';
import type { RuleSettings } from '../settings.ts';
import type { TableStep, Transaction } from './transaction.ts';

/** What was found of our table in the kernel. */
export interface FoundTable {
  /** The shape's id; `undefined` when the table carries none that we know how to read. */
  readonly shapeId: string | undefined;
  /** The id of the fixed rules. */
  readonly rulesId: string | undefined;
  /** Its elements, and its shared chains as elements of SHARED_CHAINS. */
  readonly contents: Contents;
}

/** Keeps what one family's table should hold and how far the kernel is from it. */
export class NftablesPlanner {
  readonly family: IpFamily;
  readonly #ledger = new Ledger();
  readonly #services = new Map<ServiceKey, readonly Share[]>();
  /** What Services contributed at the last commit, for those that changed since. */
  readonly #lastGood = new Map<ServiceKey, readonly Share[]>();
  readonly #affinityFrontends = new Set<string>();
  #settings: RuleSettings;
  #settingsElements: readonly Element[] = [];
  #kernel: 'absent' | { readonly shapeId: string | undefined; rulesId: string | undefined } =
    'absent';
  /** Slots found in the kernel, for service ports that are seen for the first time. */
  #foundSlots: FoundSlots = new Map();

  constructor(family: IpFamily, settings: RuleSettings) {
    this.family = family;
    this.#settings = settings;
    this.#claimSettings();
  }

  /** Takes new settings; works Services out anew only where they depend on what changed. */
  configure(settings: RuleSettings): void {
    const previous = this.#settings;
    this.#settings = settings;
    for (const element of this.#settingsElements) this.#ledger.release(element);
    this.#claimSettings();
    if (previous.nodeIps.join() === settings.nodeIps.join()) return;
    for (const [service, shares] of this.#services) {
      const guarded = shares.some(({ port }) => port.sourceRanges.length > 0);
      if (guarded)
        this.setPorts(
          service,
          shares.map(({ port }) => port),
        );
    }
  }

  /** Sets a Service's ports; those of the other family are left out. An empty list removes it. */
  setPorts(service: ServiceKey, ports: readonly ServicePort[]): void {
    const previous = this.#services.get(service) ?? [];
    const wanted = ports.filter((port) => port.family === this.family);
    if (previous.length === 0 && wanted.length === 0) return;
    if (!this.#lastGood.has(service)) this.#lastGood.set(service, previous);
    this.#release(previous);
    const shares = wanted.map((port) => this.#claim(port, this.#slotsOf(port, previous)));
    this.#store(service, shares);
  }

  /** Puts a Service back to what it contributed at the last commit. */
  revert(service: ServiceKey): void {
    const lastGood = this.#lastGood.get(service);
    if (lastGood === undefined) return;
    this.#release(this.#services.get(service) ?? []);
    this.#store(
      service,
      lastGood.map(({ port, slots }) => this.#claim(port, slots)),
    );
  }

  /** Replaces every belief about the kernel by what was found there; `undefined` means no table. */
  adopt(found: FoundTable | undefined): void {
    this.#kernel =
      found === undefined ? 'absent' : { shapeId: found.shapeId, rulesId: found.rulesId };
    const isOurs = found?.shapeId === shapeId(this.family);
    this.#ledger.rebase(isOurs ? found.contents : new Map());
    this.#foundSlots = isOurs ? slotsIn(found.contents) : new Map();
  }

  /** What has to be done now. */
  plan(): Transaction {
    const pending = this.#ledger.pending();
    const chains = pending.filter(({ collection }) => collection === SHARED_CHAINS);
    const elements = pending.filter(({ collection }) => collection !== SHARED_CHAINS);
    return {
      family: this.family,
      table: this.#tableStep(),
      settings: this.#settings,
      oldRulesId: this.#kernel === 'absent' ? undefined : this.#kernel.rulesId,
      newChains: keysOf(chains.filter(({ after }) => after !== undefined)),
      changes: orderByStage(
        elements,
        (collection) => COLLECTION_STAGES[collection as Collection],
        intervalScope,
      ),
      affinity: affinityMoves(elements, (frontend) => this.#affinityFrontends.has(frontend)),
      garbage: keysOf(chains.filter(({ after }) => after === undefined)),
    };
  }

  /** Notes that a transaction was applied; its garbage is still there. */
  committed(transaction: Transaction): void {
    this.#kernel = { shapeId: shapeId(this.family), rulesId: rulesId(this.family, this.#settings) };
    this.#ledger.commit(transaction.changes);
    this.#ledger.commit(transaction.newChains.map(chainAt));
    this.#lastGood.clear();
    this.#affinityFrontends.clear();
    this.#foundSlots = new Map();
  }

  /** Notes that a transaction's garbage was deleted. */
  collected(transaction: Transaction): void {
    this.#ledger.commit(transaction.garbage.map(chainAt));
  }

  /** The id of the fixed rules that the kernel has, as far as we know. */
  get appliedRulesId(): string | undefined {
    return this.#kernel === 'absent' ? undefined : this.#kernel.rulesId;
  }

  /** The Services that changed since the last commit: one of them is to blame if applying fails. */
  get changedServices(): readonly ServiceKey[] {
    return [...this.#lastGood.keys()];
  }

  /** The ports a Service was last given, of this family. */
  portsOf(service: ServiceKey): readonly ServicePort[] {
    return (this.#services.get(service) ?? []).map(({ port }) => port);
  }

  /** The Services that have ports of this family, sorted. */
  get services(): readonly ServiceKey[] {
    return [...this.#services.keys()].sort();
  }

  /** What each port of a Service puts into the table. */
  sharesOf(
    service: ServiceKey,
  ): readonly { readonly port: ServicePort; readonly elements: readonly Element[] }[] {
    return this.#services.get(service) ?? [];
  }

  /** The Services that an element belongs to. Looks through all of them: for reports, not for syncs. */
  ownersOf(collection: string, key: string): ServiceKey[] {
    return [...this.#services]
      .filter(([, shares]) =>
        shares.some(({ elements }) =>
          elements.some((element) => element.key === key && element.collection === collection),
        ),
      )
      .map(([service]) => service);
  }

  /** The service port behind each frontend: its key in the table -> its name. */
  frontends(): Map<string, ServicePort> {
    const ports = [...this.#services.values()].flat().map(({ port }) => port);
    return new Map(
      ports.flatMap((port) => port.frontends.map((frontend) => [frontendKey(frontend), port])),
    );
  }

  /** Whether an address and port, `10.96.0.10 . tcp . 80`, is a Service's. */
  isServiceIp(frontend: string): boolean {
    return this.#ledger.get('service-ips', frontend) !== undefined;
  }

  #tableStep(): TableStep {
    if (this.#kernel === 'absent') return 'create';
    if (this.#kernel.shapeId !== shapeId(this.family)) return 'replace';
    return this.#kernel.rulesId === rulesId(this.family, this.#settings) ? 'keep' : 'refill';
  }

  #claimSettings(): void {
    this.#settingsElements = settingsElements(this.#settings);
    for (const element of this.#settingsElements) this.#ledger.claim(element);
  }

  #claim(port: ServicePort, previous: Slots): Share {
    const { elements, slots } = contributionOf(port, this.#settings, previous);
    this.#noteAffinity(port);
    for (const element of elements) this.#ledger.claim(element);
    return { port, slots, elements };
  }

  #release(shares: readonly Share[]): void {
    for (const { port, elements } of shares) {
      this.#noteAffinity(port);
      for (const element of elements) this.#ledger.release(element);
    }
  }

  #store(service: ServiceKey, shares: readonly Share[]): void {
    if (shares.length === 0) this.#services.delete(service);
    else this.#services.set(service, shares);
  }

  #noteAffinity(port: ServicePort): void {
    if (port.affinitySeconds === undefined) return;
    for (const frontend of port.frontends) this.#affinityFrontends.add(frontendKey(frontend));
  }

  #slotsOf(port: ServicePort, previous: readonly Share[]): Slots {
    const known = previous.find((share) => share.port.key === port.key);
    if (known !== undefined) return known.slots;
    // All frontends of a port have the same slots, but not every one has both kinds.
    const found = port.frontends.map((frontend) => this.#foundSlots.get(frontendKey(frontend)));
    const first = (kind: keyof Slots): readonly string[] =>
      found.find((slots) => (slots?.[kind].length ?? 0) > 0)?.[kind] ?? [];
    return { cluster: first('cluster'), local: first('local') };
  }
}

// --- internal ---

/** What one service port contributes. */
interface Share {
  readonly port: ServicePort;
  readonly slots: Slots;
  readonly elements: readonly Element[];
}

type FoundSlots = ReadonlyMap<string, { readonly cluster: string[]; readonly local: string[] }>;

function settingsElements({ nodePorts, serviceCidrs }: RuleSettings): Element[] {
  const nodePortCidrs = nodePorts.matchAll ? [] : nodePorts.cidrs;
  return [
    ...nodePortCidrs.map((cidr) => intervalElement('nodeport-cidrs', intervalKey(cidr))),
    ...serviceCidrs.map((cidr) => intervalElement('service-cidrs', intervalKey(cidr))),
  ];
}

function intervalElement(collection: Collection, key: string): Element {
  return { collection, key, value: '', comment: '' };
}

/** Intervals in one set, behind the same frontend, must not overlap. */
function intervalScope({ collection, key }: ElementChange): string | undefined {
  if (!INTERVAL_SETS.has(collection)) return undefined;
  const end = key.lastIndexOf(' . ');
  return end < 0 ? collection : `${collection} ${key.slice(0, end)}`;
}

function keysOf(changes: readonly ElementChange[]): string[] {
  return changes.map(({ key }) => key);
}

function chainAt(key: string): Pick<ElementChange, 'collection' | 'key'> {
  return { collection: SHARED_CHAINS, key };
}

/** Reads slots back out of the endpoint maps, so that a restart moves no endpoint. */
function slotsIn(contents: Contents): FoundSlots {
  const found = new Map<string, { cluster: string[]; local: string[] }>();
  for (const collection of ENDPOINT_MAPS.map(endpointMapName)) {
    for (const { key, value } of contents.get(collection)?.values() ?? []) {
      const place = frontendSlotOf(collection, key);
      if (place === undefined) continue;
      const slots = found.get(place.frontend) ?? { cluster: [], local: [] };
      found.set(place.frontend, slots);
      if (place.slot < LOCAL_SLOTS) slots.cluster[place.slot] = value;
      else slots.local[place.slot - LOCAL_SLOTS] = value;
    }
  }
  return found;
}
