/**
 * The planner of one family's tables: takes service ports as they change, keeps what each of them
 * contributes, and says which chains differ in the kernel. It thinks only; somebody else applies the
 * transaction and reports back.
 */
import type { Contents, Element, ElementChange } from '../diff/element.ts';
import { Ledger } from '../diff/ledger.ts';
import type { IpFamily } from '../ip.ts';
import type { ServiceKey, ServicePort } from '../services/types.ts';
import { contributionOf, type Contribution } from './contribution.ts';
import { chainElement } from './dispatch.ts';
import { createDispatches, settleDispatches, type Dispatches } from './dispatches.ts';
import { isJump, jumpElement, JUMPS, jumpsOf, KUBELET_JUMPS } from './jumps.ts';
import { isOurChain, KUBELET_FIREWALL, TABLES, type Table } from './names.ts';
import { usedByOthers, type FoundTables } from './save.ts';
import { servesLocalhost, type ChainSettings } from './settings.ts';
import { sharedChains } from './shared-chains.ts';
import { changesOf, type ChainTransaction } from './transaction.ts';

/** What one service port contributes. */
export interface Share extends Contribution {
  readonly port: ServicePort;
}

/**
 * Above so many endpoints in one family their rules carry no comments: a third of what the kernel
 * has to hold (behaviour document, section 3.1).
 */
export const LARGE_CLUSTER_ENDPOINTS = 1000;

/** Keeps what one family's tables should hold and how far the kernel is from it. */
export class IptablesPlanner {
  readonly family: IpFamily;
  /** Chains by table, and jumps. */
  readonly #ledger = new Ledger();
  readonly #dispatches: Dispatches;
  readonly #services = new Map<ServiceKey, readonly Share[]>();
  /** What Services contributed at the last commit, for those that changed since. */
  readonly #lastGood = new Map<ServiceKey, readonly Share[]>();
  #settings: ChainSettings;
  #shared: readonly Element[] = [];
  /** Chains that rules of others lead to, by table, as they were found. */
  #usedByOthers: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #endpointCount = 0;
  #hasComments = true;

  constructor(family: IpFamily, settings: ChainSettings) {
    this.family = family;
    this.#settings = settings;
    this.#dispatches = createDispatches(family, this.#ledger);
  }

  /** Takes new settings; works Services out anew only where they depend on what changed. */
  configure(settings: ChainSettings): void {
    const previous = this.#settings;
    this.#settings = settings;
    if (serviceSettings(previous) !== serviceSettings(settings)) this.#renew();
  }

  /** Sets a Service's ports; those of the other family are left out. An empty list removes it. */
  setPorts(service: ServiceKey, ports: readonly ServicePort[]): void {
    const previous = this.#services.get(service) ?? [];
    const wanted = ports.filter((port) => port.family === this.family);
    if (previous.length === 0 && wanted.length === 0) return;
    if (!this.#lastGood.has(service)) this.#lastGood.set(service, previous);
    this.#replace(service, wanted);
  }

  /** Puts a Service back to what it contributed at the last commit. */
  revert(service: ServiceKey): void {
    const lastGood = this.#lastGood.get(service);
    if (lastGood === undefined) return;
    this.#replace(
      service,
      lastGood.map(({ port }) => port),
    );
  }

  /** Replaces every belief about the kernel by what was found there. */
  adopt(found: FoundTables): void {
    this.#settle();
    this.#ledger.rebase(this.#contentsOf(found));
    this.#usedByOthers = new Map(TABLES.map((table) => [table, usedByOthers(table, found)]));
  }

  /** What has to be done now. */
  plan(): ChainTransaction {
    this.#settle();
    const pending = this.#ledger
      .pending()
      .filter((change) => !isKeptForKubelet(change))
      .flatMap((change) => this.#keptForOthers(change));
    const tables = TABLES.map((table) => ({
      table,
      chains: pending.filter(({ collection }) => collection === table),
      jumps: inJumpOrder(pending.filter(({ collection }) => collection === jumpsOf(table))),
    }));
    return {
      family: this.family,
      tables: tables.filter(({ chains, jumps }) => chains.length + jumps.length > 0),
    };
  }

  /** Notes that a transaction was applied. */
  committed(transaction: ChainTransaction): void {
    this.#ledger.commit(changesOf(transaction));
    this.#lastGood.clear();
  }

  /** The Services that changed since the last commit: one of them is to blame if applying fails. */
  get changedServices(): readonly ServiceKey[] {
    return [...this.#lastGood.keys()];
  }

  /** The ports a Service was last given, of this family. */
  portsOf(service: ServiceKey): readonly ServicePort[] {
    return this.sharesOf(service).map(({ port }) => port);
  }

  /** Every service port of this family. */
  get ports(): readonly ServicePort[] {
    return [...this.#services.values()].flat().map(({ port }) => port);
  }

  /** The Services that have ports of this family, sorted. */
  get services(): readonly ServiceKey[] {
    return [...this.#services.keys()].sort();
  }

  /** What each port of a Service puts into the tables. */
  sharesOf(service: ServiceKey): readonly Share[] {
    return this.#services.get(service) ?? [];
  }

  /**
   * The Services that a chain, or one rule of it, belongs to. Looks through all of them: for reports,
   * not for syncs.
   */
  ownersOf(table: string, chain: string, rule: string | undefined): ServiceKey[] {
    const isOwner = ({ chains, entries }: Share): boolean =>
      chains.some(({ collection, key }) => collection === table && key === chain) ||
      entries.some((entry) => entry.rule === rule);
    return [...this.#services]
      .filter(([, shares]) => shares.some(isOwner))
      .map(([service]) => service);
  }

  /** How many rules are wanted in a table. Counts all: for metrics, not for every sync. */
  ruleCount(table: Table): number {
    return countRules(this.#ledger.wanted.get(table)?.values() ?? []);
  }

  /** Brings dispatch chains and shared chains to what the Services and settings want. */
  #settle(): void {
    this.#settleComments();
    const shared = [
      ...sharedChains(this.family, this.#settings, settleDispatches(this.#dispatches)),
      ...JUMPS.map(jumpElement),
      ...(servesLocalhost(this.family, this.#settings) ? KUBELET_JUMPS.map(jumpElement) : []),
    ];
    for (const element of this.#shared) this.#ledger.release(element);
    for (const element of shared) this.#ledger.claim(element);
    this.#shared = shared;
  }

  #settleComments(): void {
    const hasComments = this.#endpointCount <= LARGE_CLUSTER_ENDPOINTS;
    if (hasComments === this.#hasComments) return;
    this.#hasComments = hasComments;
    this.#renew();
  }

  /** Works every Service out anew. */
  #renew(): void {
    for (const service of this.#services.keys()) this.#replace(service, this.portsOf(service));
  }

  #replace(service: ServiceKey, ports: readonly ServicePort[]): void {
    for (const share of this.sharesOf(service)) this.#release(share);
    const shares = ports.map((port) => ({
      port,
      ...contributionOf(port, this.#settings, this.#hasComments),
    }));
    for (const share of shares) this.#claim(share);
    if (shares.length === 0) this.#services.delete(service);
    else this.#services.set(service, shares);
  }

  #claim({ port, chains, entries }: Share): void {
    this.#endpointCount += port.endpoints.all.length;
    for (const chain of chains) this.#ledger.claim(chain);
    for (const { dispatch, key, rule } of entries) this.#dispatches[dispatch].claim(key, rule);
  }

  #release({ port, chains, entries }: Share): void {
    this.#endpointCount -= port.endpoints.all.length;
    for (const chain of chains) this.#ledger.release(chain);
    for (const { dispatch, key, rule } of entries) this.#dispatches[dispatch].release(key, rule);
  }

  /** A chain that is in use elsewhere is emptied, once: to delete it would fail. */
  #keptForOthers(change: ElementChange): readonly ElementChange[] {
    const { collection, key, before, after } = change;
    const isKept = after === undefined && this.#usedByOthers.get(collection)?.has(key) === true;
    if (before === undefined || !isKept) return [change];
    return before.value === '' ? [] : [{ ...change, after: { ...before, value: '' } }];
  }

  /** What of the tables is ours. */
  #contentsOf(found: FoundTables): Contents {
    const sharesKubeletChain = servesLocalhost(this.family, this.#settings);
    const contents = new Map<string, Map<string, Element>>();
    const add = (element: Element): void => {
      const { collection, key } = element;
      const elements = contents.get(collection) ?? new Map<string, Element>();
      contents.set(collection, elements.set(key, element));
    };
    for (const table of TABLES) {
      for (const [name, rules] of found.get(table) ?? []) {
        const isShared = table === 'filter' && name === KUBELET_FIREWALL && sharesKubeletChain;
        if (isShared || isOurChain(table, name)) add(chainElement(table, name, rules));
        for (const rule of rules) {
          const jump = { table, parent: name, rule };
          if (isJump(table, name, rule) || isKubeletJump(jump)) add(jumpElement(jump));
        }
      }
    }
    return contents;
  }
}

/** How many rules chains have. */
export function countRules(chains: Iterable<Element | undefined>): number {
  let count = 0;
  for (const chain of chains) {
    if (chain !== undefined && chain.value !== '') count += chain.value.split('\n').length;
  }
  return count;
}

// --- internal ---

/** The settings that service ports' own chains depend on, for comparing. */
function serviceSettings(settings: ChainSettings): string {
  const { masqueradeAll, localDetector, nodeIps, listenerGuard } = settings;
  return JSON.stringify([masqueradeAll, localDetector ?? null, nodeIps, listenerGuard ?? null]);
}

function isKubeletJump({
  parent,
  rule,
}: {
  readonly parent: string;
  readonly rule: string;
}): boolean {
  return KUBELET_JUMPS.some((jump) => jump.parent === parent && jump.rule === rule);
}

/** Each goes on top, so the order they are inserted in is the order they stand in, upside down. */
function inJumpOrder(changes: readonly ElementChange[]): ElementChange[] {
  const orderOf = ({ collection, key }: ElementChange): number =>
    JUMP_KEYS.indexOf(`${collection} ${key}`);
  return changes.toSorted((a, b) => orderOf(a) - orderOf(b));
}

const JUMP_KEYS = [...JUMPS, ...KUBELET_JUMPS]
  .map(jumpElement)
  .map(({ collection, key }) => `${collection} ${key}`);

/** Once there, it stays: kubelet may count on it. */
function isKeptForKubelet({ collection, key, after }: ElementChange): boolean {
  if (after !== undefined) return false;
  const isChain = collection === 'filter' && key === KUBELET_FIREWALL;
  return isChain || KUBELET_JUMPS.some((jump) => jumpElement(jump).key === key);
}
