/**
 * Keeps one family's rules in the kernel as they are wanted, whatever they consist of: reads what is
 * there when it does not know, applies differences, repairs after failures, and keeps one bad Service
 * from holding up all others.
 */
import type { ElementChange } from '../../rules/diff/element.ts';
import type { Inventory } from '../../rules/inventory.ts';
import type { IpFamily } from '../../rules/ip.ts';
import type { ServiceKey, ServicePort } from '../../rules/services/types.ts';
import type { RuleSettings } from '../../rules/settings.ts';
import { blamesContent, KernelError } from '../kernel/kernel-error.ts';
import type { Applied, Proxier, ProxierEvents } from './proxier.ts';

/** What plans the rules of Services and what is in the kernel: rules/ has one for each kind of rules. */
export interface RulePlanner {
  readonly family: IpFamily;
  setPorts(service: ServiceKey, ports: readonly ServicePort[]): void;
  /** Puts a Service back to what it was when last applied. */
  revert(service: ServiceKey): void;
  /** The Services that changed since the last time that everything was applied. */
  readonly changedServices: readonly ServiceKey[];
  portsOf(service: ServiceKey): readonly ServicePort[];
}

/** Rules of one kind, in the kernel. Everything rejects with a KernelError. */
export interface RuleBackend {
  readonly planner: RulePlanner;
  configure(settings: RuleSettings): void;
  /** Replaces every belief about the kernel by what is there. */
  read(): Promise<void>;
  /** Applies what differs, if anything; answers what that was. */
  apply(): Promise<Applied | undefined>;
  /** Whether what was applied is still there: cheap. True where nothing was applied yet. */
  isIntact(): Promise<boolean>;
  /** How long what was read is believed, where `isIntact` does not see everything; absent: for ever. */
  readonly readAgainMs?: number;
  /** The Services that own what the kernel pointed at. */
  ownersOf(change: ElementChange): readonly ServiceKey[];
  /** Deletes what nothing uses any more, where that has to wait until after `apply`. */
  collect?(): Promise<void>;
  inventory(quarantined: readonly ServiceKey[]): Inventory;
}

/** What a rule sync needs. */
export interface RuleSyncOptions {
  readonly backend: RuleBackend;
  readonly settings: RuleSettings;
  readonly events: ProxierEvents;
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
}

/** One family's rules, kept. */
export class RuleSync implements Proxier {
  readonly #backend: RuleBackend;
  readonly #events: ProxierEvents;
  readonly #now: () => number;
  #settings: RuleSettings;
  /** What came in since the last sync. It waits until the kernel was read, so that slots are kept. */
  readonly #inbox = new Map<ServiceKey, readonly ServicePort[]>();
  /** Whether what we believe about the kernel was read or written by us, and nothing failed since. */
  #isTrusted = false;
  #readAt = 0;
  #reads = 0;
  readonly #quarantine = new Map<ServiceKey, Refusal>();
  /** Those that have another try in this sync. */
  readonly #retried = new Map<ServiceKey, Refusal>();

  constructor({ backend, settings, events, now }: RuleSyncOptions) {
    this.#backend = backend;
    this.#settings = settings;
    this.#events = events;
    this.#now = now;
  }

  get family(): IpFamily {
    return this.#planner.family;
  }

  configure(settings: RuleSettings): void {
    this.#settings = settings;
  }

  setPorts(service: ServiceKey, ports: readonly ServicePort[]): void {
    this.#quarantine.delete(service);
    this.#retried.delete(service);
    this.#inbox.set(service, ports);
  }

  get reads(): number {
    return this.#reads;
  }

  get quarantined(): readonly ServiceKey[] {
    return [...this.#quarantine.keys()];
  }

  get inventory(): Inventory {
    return this.#backend.inventory(this.quarantined);
  }

  async verify(): Promise<void> {
    if (this.#isTrusted && !(await this.#backend.isIntact())) {
      this.#isTrusted = false;
      this.#events.repairing(
        new KernelError('not-found', 'the rules were removed or changed by somebody else'),
        false,
      );
    }
    const { readAgainMs = Infinity } = this.#backend;
    if (this.#now() - this.#readAt >= readAgainMs) this.#isTrusted = false;
    for (const [service, refusal] of [...this.#quarantine]) {
      if (this.#now() < refusal.retryAt) continue;
      this.#quarantine.delete(service);
      this.#retried.set(service, refusal);
      this.#inbox.set(service, refusal.wanted);
    }
  }

  async sync(): Promise<void> {
    const wasTrusted = this.#isTrusted;
    try {
      await this.#readIfNeeded();
      this.#takeInbox();
      await this.#apply();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#isTrusted = false;
      if (!blamesContent(error)) throw error;
      // Most likely somebody changed the table behind our back, if we did not just read it.
      if (wasTrusted) this.#events.repairing(error, true);
      await this.#isolate();
    }
    this.#retried.clear();
    await this.#collect();
  }

  async #readIfNeeded(): Promise<void> {
    if (this.#isTrusted) return;
    await this.#backend.read();
    this.#readAt = this.#now();
    this.#reads += 1;
    this.#isTrusted = true;
  }

  #takeInbox(): void {
    this.#backend.configure(this.#settings);
    for (const [service, ports] of this.#inbox) this.#planner.setPorts(service, ports);
    this.#inbox.clear();
  }

  async #apply(): Promise<void> {
    const applied = await this.#backend.apply();
    if (applied !== undefined) this.#events.applied(applied);
  }

  /** Finds the Services that the kernel does not take, puts them back, and programs all others. */
  async #isolate(): Promise<void> {
    for (;;) {
      await this.#readIfNeeded();
      const error = await this.#attempt();
      if (error === undefined) return;
      const culprits = this.#culpritsOf(error);
      if (culprits.length === 0) break;
      for (const service of culprits) this.#setAside(service, error);
    }
    await this.#bisect();
  }

  /** Applies what is planned; returns the error if the content is to blame. */
  async #attempt(): Promise<KernelError | undefined> {
    try {
      await this.#apply();
      return undefined;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#isTrusted = false;
      if (!blamesContent(error)) throw error;
      return error;
    }
  }

  /** The changed Services that own what the kernel pointed at, but for those set aside already. */
  #culpritsOf({ changes }: KernelError): ServiceKey[] {
    const changed = new Set(
      this.#planner.changedServices.filter((service) => !this.#quarantine.has(service)),
    );
    const owners = changes.flatMap((change) => this.#backend.ownersOf(change));
    return [...new Set(owners)].filter((service) => changed.has(service));
  }

  /** The kernel did not say who: halve the changed Services until those that fail stand alone. */
  async #bisect(): Promise<void> {
    await this.#readIfNeeded();
    const wanted = new Map(
      this.#planner.changedServices.map((service) => [service, this.#planner.portsOf(service)]),
    );
    for (const service of wanted.keys()) this.#planner.revert(service);
    // If the rest fails too, no Service is to blame and there is nobody to isolate.
    await this.#apply();
    await this.#applyGroup([...wanted]);
    // What the last refused part left behind, if anything.
    await this.#apply();
  }

  async #applyGroup(
    group: readonly (readonly [ServiceKey, readonly ServicePort[]])[],
  ): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    for (const [service, ports] of group) this.#planner.setPorts(service, ports);
    const error = await this.#attempt();
    if (error === undefined) return;
    // A transaction that had to be split may be in the kernel in part.
    await this.#readIfNeeded();
    if (group.length === 1) {
      this.#setAside(first[0], error);
      return;
    }
    for (const [service] of group) this.#planner.revert(service);
    const middle = Math.ceil(group.length / 2);
    await this.#applyGroup(group.slice(0, middle));
    await this.#applyGroup(group.slice(middle));
  }

  #setAside(service: ServiceKey, error: KernelError): void {
    const previous = this.#retried.get(service);
    const delayMs = Math.min((previous?.delayMs ?? FIRST_RETRY_MS / 2) * 2, LAST_RETRY_MS);
    const wanted = this.#planner.portsOf(service);
    this.#quarantine.set(service, { wanted, delayMs, retryAt: this.#now() + delayMs });
    this.#planner.revert(service);
    // Said once: that nothing changed is no news.
    if (previous === undefined) this.#events.quarantined(service, error);
  }

  /** What is still busy then is tried again with the next sync. */
  async #collect(): Promise<void> {
    try {
      await this.#backend.collect?.();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#events.collectFailed(error);
      if (error.code === 'busy') return;
      this.#isTrusted = false;
      if (!blamesContent(error)) throw error;
    }
  }

  get #planner(): RulePlanner {
    return this.#backend.planner;
  }
}

// --- internal ---

/** A Service that the kernel refused. */
interface Refusal {
  /** What it wants. */
  readonly wanted: readonly ServicePort[];
  /** How long it waits for its next try, and until when: each costs a look at the whole table. */
  readonly delayMs: number;
  readonly retryAt: number;
}

const FIRST_RETRY_MS = 30_000;
const LAST_RETRY_MS = 3_600_000;
