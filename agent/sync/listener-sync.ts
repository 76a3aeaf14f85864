/**
 * Keeps one family's Services that the userspace proxy serves, all of them or some: opens listeners
 * before anything leads to them, has the rules that lead there kept, and closes listeners when
 * nothing leads there any more.
 */
import type { Inventory, InventoryPort } from '../../rules/inventory.ts';
import { isLoopback, type IpFamily } from '../../rules/ip.ts';
import type { ServiceKey, ServicePort } from '../../rules/services/types.ts';
import type { RuleSettings } from '../../rules/settings.ts';
import type { ListenerSpec } from '../../rules/userspace/listener-spec.ts';
import {
  describeListener,
  listenerChanges,
  listenerSections,
  type ListenerChange,
} from '../../rules/userspace/report.ts';
import { KernelError } from '../kernel/kernel-error.ts';
import type { ListenFailure, UserspaceProxy } from '../userspace/interface.ts';
import type { Applied, Proxier, ProxierEvents } from './proxier.ts';

/** How one family's Services come to the proxy. */
export interface WayIn {
  /** Keeps the rules; `undefined` where there are none. */
  readonly rules: Proxier | undefined;
  /** The listeners that a service port wants. */
  listenersOf(port: ServicePort): readonly ListenerSpec[];
  /** What the rules are given in its place. */
  ruled(port: ServicePort): ServicePort;
  /** Takes new settings, for its rules too; answers whether that changes what it wants of every Service. */
  configure(settings: RuleSettings): boolean;
  /** Has clients wait who come from now on, where rules can do that. */
  close(): Promise<void>;
  /** A listener could not listen where this way wanted it; answers whether it now wants it elsewhere. */
  yield(spec: ListenerSpec): boolean;
  /** A listener is not wanted any more. */
  release(spec: ListenerSpec): void;
  /** Which listeners listen already for whoever watches from outside: a restart is no news to them. */
  isAdopted(spec: ListenerSpec): boolean;
}

/** What a listener sync needs. */
export interface ListenerSyncOptions {
  readonly family: IpFamily;
  readonly settings: RuleSettings;
  readonly proxy: UserspaceProxy;
  readonly events: ProxierEvents;
  /** Finds the way in, given what happens to its rules, and all ports that are wanted at first. */
  readonly findWay: (
    settings: RuleSettings,
    events: ProxierEvents,
    ports: readonly ServicePort[],
  ) => Promise<WayIn>;
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** One family's listeners and what leads there, kept. */
export class ListenerSync implements Proxier {
  readonly family: IpFamily;
  readonly #options: ListenerSyncOptions;
  #settings: RuleSettings;
  #way: WayIn | undefined;
  #isConfigured = true;
  readonly #ports = new Map<ServiceKey, readonly ServicePort[]>();
  readonly #inbox = new Set<ServiceKey>();
  /** What the proxy was given last, by Service: with what rules may still lead to. */
  readonly #applied = new Map<ServiceKey, readonly ListenerSpec[]>();
  /** Services of which a listener does not listen. */
  #deaf: ReadonlySet<ServiceKey> = new Set();
  /** What the rules' own sync did. */
  #ruled: Applied | undefined;

  constructor(options: ListenerSyncOptions) {
    this.family = options.family;
    this.#options = options;
    this.#settings = options.settings;
  }

  configure(settings: RuleSettings): void {
    this.#settings = settings;
    this.#isConfigured = false;
  }

  setPorts(service: ServiceKey, ports: readonly ServicePort[]): void {
    const own = ports.filter(({ family }) => family === this.family);
    if (own.length > 0) this.#ports.set(service, own);
    else if (!this.#ports.delete(service)) return;
    this.#inbox.add(service);
  }

  get reads(): number {
    return this.#way?.rules?.reads ?? 0;
  }

  get quarantined(): readonly ServiceKey[] {
    return [...new Set([...this.#deaf, ...(this.#way?.rules?.quarantined ?? [])])];
  }

  get localhostListeners(): number {
    const all = [...this.#applied.keys()].flatMap((service) => this.#listening(service));
    return all.filter(({ ips }) => ips.every(isLoopback)).length;
  }

  get inventory(): Inventory {
    const rules = this.#way?.rules?.inventory;
    return {
      family: this.family,
      waiting: this.#inbox.size + (rules?.waiting ?? 0),
      quarantined: this.quarantined,
      services: [...this.#ports.keys()].sort(),
      portsOf: (service) => this.#inventoryOf(service, rules?.portsOf(service) ?? []),
    };
  }

  async verify(): Promise<void> {
    // A way may depend on the node's addresses, which nobody announces.
    this.#isConfigured = false;
    await this.#way?.rules?.verify();
  }

  async sync(): Promise<void> {
    const { now, events } = this.#options;
    const started = now();
    const way = await this.#wayIn();
    const touched = new Set([...this.#inbox, ...this.#deaf]);
    const before = new Map([...touched].map((service) => [service, this.#listening(service)]));
    this.#inbox.clear();
    this.#ruled = undefined;
    try {
      await this.#listen(way, touched);
      for (const service of touched) way.rules?.setPorts(service, this.#ruledPorts(way, service));
      await way.rules?.sync();
      await this.#stopListening(way, touched);
    } catch (error) {
      for (const service of touched) this.#inbox.add(service);
      throw error;
    }
    this.#tell(way, before, now() - started, events);
  }

  async close(): Promise<void> {
    try {
      await this.#way?.close();
      // Those that the kernel has let in are still to be accepted.
      if (this.#way?.rules !== undefined) await this.#options.sleep(CLOSING_MS);
    } catch (error) {
      // They are refused or reset then, which is no reason to stay.
      if (!(error instanceof KernelError)) throw error;
    }
  }

  /** What is under way has a short while to end; nothing new is accepted. */
  async stop(): Promise<void> {
    await this.#options.proxy.stop(STOP_DRAIN_MS);
  }

  async #wayIn(): Promise<WayIn> {
    const { events, findWay } = this.#options;
    if (this.#way === undefined) {
      const ports = [...this.#ports.values()].flat();
      const inner = { ...events, applied: (applied: Applied) => (this.#ruled = applied) };
      this.#way = await findWay(this.#settings, inner, ports);
      this.#isConfigured = true;
    }
    if (!this.#isConfigured) {
      if (this.#way.configure(this.#settings)) {
        for (const service of this.#ports.keys()) this.#inbox.add(service);
      }
      this.#isConfigured = true;
    }
    return this.#way;
  }

  /** Opens what is wanted, and keeps what rules still lead to. */
  async #listen(way: WayIn, touched: ReadonlySet<ServiceKey>): Promise<void> {
    const open = (): Promise<readonly ListenFailure[]> =>
      this.#apply(touched, (service) =>
        withOthers(this.#specsOf(way, service), this.#applied.get(service) ?? []),
      );
    for (let tries = 0; tries < MAX_PORT_TRIES; tries++) {
      const failures = await open();
      const moved = failures.filter(({ spec }) => spec.family === this.family && way.yield(spec));
      if (moved.length === 0) return;
    }
  }

  /** Closes what is not wanted any more, and that no rule leads to now. */
  async #stopListening(way: WayIn, touched: ReadonlySet<ServiceKey>): Promise<void> {
    const { proxy } = this.#options;
    const refused = new Set(way.rules?.quarantined);
    const ruled = [...touched].filter((service) => !refused.has(service));
    const before = ruled.flatMap((service) => this.#applied.get(service) ?? []);
    await this.#apply(ruled, (service) => this.#specsOf(way, service));
    const wanted = new Set(ruled.flatMap((service) => idsOf(this.#applied.get(service) ?? [])));
    for (const spec of before) if (!wanted.has(spec.id)) way.release(spec);
    const isDeaf = ({ id }: ListenerSpec): boolean => proxy.portOf(id) === undefined;
    this.#deaf = new Set(
      [...touched].filter((service) => this.#applied.get(service)?.some(isDeaf) === true),
    );
  }

  async #apply(
    services: Iterable<ServiceKey>,
    choose: (service: ServiceKey) => readonly ListenerSpec[],
  ): Promise<readonly ListenFailure[]> {
    const changes = new Map<string, readonly ListenerSpec[]>();
    for (const service of services) {
      const chosen = choose(service);
      changes.set(`${this.family} ${service}`, chosen);
      if (chosen.length === 0) this.#applied.delete(service);
      else this.#applied.set(service, chosen);
    }
    return this.#options.proxy.apply(changes);
  }

  #specsOf(way: WayIn, service: ServiceKey): ListenerSpec[] {
    return (this.#ports.get(service) ?? []).flatMap((port) => way.listenersOf(port));
  }

  #ruledPorts(way: WayIn, service: ServiceKey): ServicePort[] {
    return (this.#ports.get(service) ?? []).map((port) => way.ruled(port));
  }

  /** Those of a Service's listeners that listen, each with its port. */
  #listening(service: ServiceKey): ListenerSpec[] {
    return (this.#applied.get(service) ?? []).flatMap((spec) => {
      const port = this.#options.proxy.portOf(spec.id);
      return port === undefined ? [] : [{ ...spec, port }];
    });
  }

  #tell(
    way: WayIn,
    before: ReadonlyMap<ServiceKey, readonly ListenerSpec[]>,
    elapsedMs: number,
    events: ProxierEvents,
  ): void {
    const changes = [...before].flatMap(([service, was]) =>
      listenerChanges(was, this.#listening(service)),
    );
    const news = changes.filter(({ kind, spec }) => !(kind === 'added' && way.isAdopted(spec)));
    const ruled = this.#ruled;
    if (news.length === 0 && ruled === undefined) return;
    const count = (wanted: ListenerChange['kind']): number =>
      news.filter(({ kind }) => kind === wanted).length;
    events.applied({
      family: this.family,
      table: ruled?.table ?? 'keep',
      added: count('added') + (ruled?.added ?? 0),
      replaced: count('replaced') + (ruled?.replaced ?? 0),
      removed: count('removed') + (ruled?.removed ?? 0),
      elapsedMs,
      report: () => [...(ruled?.report() ?? []), ...listenerSections(news)],
    });
  }

  #inventoryOf(service: ServiceKey, ruled: readonly InventoryPort[]): InventoryPort[] {
    const listening = this.#listening(service);
    return (this.#ports.get(service) ?? []).map(({ key }) => {
      const rules = ruled.find((port) => port.key === key);
      const own = listening.filter(({ servicePort }) => servicePort === key);
      return {
        key,
        lines: [...(rules?.lines ?? []), ...own.map(describeListener)],
        rules: [...(rules?.rules ?? []), ...own.map((listener) => ({ listener }))],
      };
    });
  }
}

// --- internal ---

/**
 * How long what is under way may go on when the agent ends. Short, since the next agent cannot listen
 * before: clients that come meanwhile wait.
 */
const STOP_DRAIN_MS = 2_000;

/** Longer than a client far away takes to say the last word of a handshake, as a rule. */
const CLOSING_MS = 250;

/** Ports that strangers have, before a listener is left for the next sync. */
const MAX_PORT_TRIES = 8;

function idsOf(specs: readonly ListenerSpec[]): string[] {
  return specs.map(({ id }) => id);
}

/** These, and those of the others that are not among them. */
function withOthers(
  specs: readonly ListenerSpec[],
  others: readonly ListenerSpec[],
): ListenerSpec[] {
  const ids = new Set(specs.map(({ id }) => id));
  return [...specs, ...others.filter(({ id }) => !ids.has(id))];
}
