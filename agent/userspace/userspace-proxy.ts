/** The userspace proxy: keeps listeners as they are wanted, and looks after them once a second. */
import { isDeepStrictEqual } from 'node:util';
import { PortAllocation } from '../../rules/userspace/port-allocation.ts';
import type { ListenerSpec } from '../../rules/userspace/listener-spec.ts';
import { Admission } from './admission.ts';
import type { Common } from './common.ts';
import { Deadlines } from './deadlines.ts';
import type {
  ListenFailure,
  PortCounters,
  UserspaceObserver,
  UserspaceProxy,
} from './interface.ts';
import type { ProxyLimits } from './limits.ts';
import { identityOf, isSamePlace, type Listener } from './listener.ts';
import { PortTallies } from './port-tally.ts';
import { isAddressInUse } from './socket-errors.ts';
import { systemLimits } from './system-limits.ts';
import { TcpListener } from './tcp-listener.ts';
import { UdpListener } from './udp-listener.ts';

/** What a proxy is made of. */
export interface UserspaceOptions {
  readonly observers: readonly UserspaceObserver[];
  /** In place of those that are usual on this machine. */
  readonly limits?: Partial<ProxyLimits>;
}

/** What a proxy takes from outside. */
export interface UserspaceSeams {
  /** Milliseconds on a clock that is never set. */
  readonly now: () => number;
  /** From 0 up to, but not, 1. */
  readonly random: () => number;
  /** Resident memory of the process. */
  readonly residentBytes: () => number;
}

/** A proxy without listeners. */
export function createUserspaceProxy(options: UserspaceOptions): UserspaceProxy {
  return createUserspaceProxyWith(options, SYSTEM);
}

/** The same, with seams. */
export function createUserspaceProxyWith(
  { observers, limits }: UserspaceOptions,
  seams: UserspaceSeams,
): UserspaceProxy {
  return new ListeningProxy({ ...systemLimits(), ...limits }, observers, seams);
}

// --- internal ---

const SYSTEM: UserspaceSeams = {
  now: () => performance.now(),
  random: Math.random,
  residentBytes: () => process.memoryUsage.rss(),
};

/** A listener that is wanted. */
interface Entry {
  spec: ListenerSpec;
  readonly listener: Listener;
  /** `undefined` when there is none to listen at. */
  port: number | undefined;
  failure: ListenFailure | undefined;
}

class ListeningProxy implements UserspaceProxy {
  readonly #limits: ProxyLimits;
  readonly #observers: readonly UserspaceObserver[];
  readonly #common: Common;
  readonly #tallies: PortTallies;
  readonly #ports: Readonly<Record<ListenerSpec['protocol'], PortAllocation>>;
  readonly #owners = new Map<string, ReadonlySet<string>>();
  readonly #entries = new Map<string, Entry>();
  readonly #failed = new Set<Entry>();
  /** Gone, but for their connections; by what makes them the same if they come back. */
  readonly #draining = new Map<string, Listener>();
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isPaused = false;
  #stopAtMs = Infinity;
  readonly #stopped = Promise.withResolvers<undefined>();

  constructor(limits: ProxyLimits, observers: readonly UserspaceObserver[], seams: UserspaceSeams) {
    this.#limits = limits;
    this.#observers = observers;
    const { ports } = limits;
    this.#ports = { tcp: new PortAllocation(ports), udp: new PortAllocation(ports) };
    this.#tallies = new PortTallies((servicePort, family) => {
      for (const observer of observers) observer.forgotten?.(servicePort, family);
    });
    const events = {
      exhausted: (...event: Parameters<Required<UserspaceObserver>['exhausted']>) => {
        for (const observer of observers) observer.exhausted?.(...event);
        if (!this.#common.admission.isOpen) this.#pause();
      },
      recovered: (...event: Parameters<Required<UserspaceObserver>['recovered']>) => {
        for (const observer of observers) observer.recovered?.(...event);
      },
    };
    this.#common = {
      limits,
      admission: new Admission(limits, events, seams.residentBytes),
      deadlines: new Deadlines(seams.now),
      now: seams.now,
      random: seams.random,
    };
  }

  apply(changes: ReadonlyMap<string, readonly ListenerSpec[]>): Promise<readonly ListenFailure[]> {
    const applied = this.#turn.then(() => this.#apply(changes));
    this.#turn = applied;
    return applied;
  }

  portOf(id: string): number | undefined {
    const entry = this.#entries.get(id);
    return entry?.failure === undefined ? entry?.port : undefined;
  }

  counters(): Iterable<PortCounters> {
    return this.#tallies.all();
  }

  async stop(drainMs: number): Promise<void> {
    const stopAtMs = this.#common.now() + drainMs;
    this.#stopAtMs = Math.min(this.#stopAtMs, stopAtMs);
    await this.#turn;
    const ids = [...this.#entries.keys()];
    this.#owners.clear();
    await Promise.all(ids.map((id) => this.#remove(id)));
    // The next sweep may not be due for long.
    const last = setTimeout(
      () => {
        this.#sweep();
      },
      Math.max(0, drainMs),
    );
    this.#sweep();
    await this.#stopped.promise;
    clearTimeout(last);
  }

  async #apply(
    changes: ReadonlyMap<string, readonly ListenerSpec[]>,
  ): Promise<readonly ListenFailure[]> {
    if (this.#stopAtMs < Infinity) return [];
    this.#timer ??= setInterval(() => {
      this.#sweep();
    }, this.#limits.sweepMs);
    const opened: Entry[] = [];
    const removed: Promise<void>[] = [];
    for (const [owner, specs] of changes) {
      const ids = new Set(specs.map(({ id }) => id));
      for (const id of this.#owners.get(owner) ?? [])
        if (!ids.has(id)) removed.push(this.#remove(id));
      if (specs.length === 0) this.#owners.delete(owner);
      else this.#owners.set(owner, ids);
      for (const spec of specs) {
        if (this.#isKept(spec)) continue;
        removed.push(this.#remove(spec.id));
        opened.push(this.#add(spec));
      }
    }
    await Promise.all(removed);
    for (const allocation of Object.values(this.#ports)) allocation.reconsider();
    // While accepting is paused they are not opened; the sweep does it.
    if (!this.#isPaused) {
      await Promise.all(
        [...new Set([...opened, ...this.#failed])].map((entry) => this.#open(entry)),
      );
    }
    return [...this.#failed].flatMap(({ failure }) => failure ?? []);
  }

  /** Whether there is a listener at this place; it takes up the rest of the spec. */
  #isKept(spec: ListenerSpec): boolean {
    const known = this.#entries.get(spec.id);
    if (known === undefined || !isSamePlace(known.spec, spec)) return false;
    if (!isDeepStrictEqual(known.spec, spec)) known.listener.configure(spec);
    known.spec = spec;
    return true;
  }

  #add(spec: ListenerSpec): Entry {
    const listener = this.#draining.get(identityOf(spec)) ?? this.#create(spec);
    this.#draining.delete(identityOf(spec));
    listener.configure(spec);
    const entry = { spec, listener, port: undefined, failure: undefined };
    this.#entries.set(spec.id, entry);
    return entry;
  }

  #create(spec: ListenerSpec): Listener {
    const tally = this.#tallies.acquire(spec);
    return spec.protocol === 'tcp'
      ? new TcpListener(this.#common, tally)
      : new UdpListener(this.#common, tally);
  }

  async #remove(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const { spec, listener } = entry;
    this.#entries.delete(id);
    this.#failed.delete(entry);
    this.#ports[spec.protocol].release(id);
    const key = identityOf(spec);
    this.#draining.set(key, listener);
    await listener.drain();
    if (this.#draining.get(key) === listener) this.#dropEmpty(key, listener);
  }

  /** Listens; the outcome is in the entry. */
  async #open(entry: Entry): Promise<void> {
    const { spec, listener } = entry;
    const allocation = this.#ports[spec.protocol];
    let error: unknown = new Error('all ports of the range are taken');
    for (let tries = 0; tries < MAX_PORT_TRIES; tries++) {
      entry.port = spec.port ?? allocation.allocate(spec.id);
      if (entry.port === undefined) break;
      try {
        await listener.listen(spec.ips, entry.port);
        // Something ran out meanwhile.
        if (this.#isPaused && spec.protocol === 'tcp') listener.stopListening();
        entry.failure = undefined;
        this.#failed.delete(entry);
        return;
      } catch (thrown) {
        error = thrown;
        if (spec.port !== undefined || !isAddressInUse(thrown)) break;
        allocation.reject(spec.id);
      }
    }
    this.#fail(entry, error);
  }

  #fail(entry: Entry, error: unknown): void {
    const { spec, port } = entry;
    const reason = error instanceof Error ? error.message : String(error);
    const place = `${spec.ips.join(' and ')} port ${port ?? 'of its own'}`;
    const message = `${spec.servicePort}: cannot listen at ${place}: ${reason}`;
    entry.failure = { spec, message };
    this.#failed.add(entry);
    for (const observer of this.#observers) observer.listenFailed?.(entry.failure);
  }

  #pause(): void {
    this.#isPaused = true;
    for (const { listener, spec } of this.#entries.values()) {
      if (spec.protocol === 'tcp') listener.stopListening();
    }
  }

  #sweep(): void {
    const now = this.#common.now();
    if (now >= this.#stopAtMs) for (const listener of this.#draining.values()) listener.abort();
    for (const { listener } of this.#entries.values()) listener.sweep(now);
    for (const [key, listener] of this.#draining) {
      listener.sweep(now);
      this.#dropEmpty(key, listener);
    }
    this.#common.admission.sweep();
    if (this.#common.admission.isOpen) this.#resume();
    if (this.#stopAtMs < Infinity && this.#draining.size === 0) {
      clearInterval(this.#timer);
      this.#stopped.resolve(undefined);
    }
  }

  /** Opens what closed by itself, all after a pause, and those that have rested. */
  #resume(): void {
    const wasPaused = this.#isPaused;
    this.#isPaused = false;
    const isDue = ({ listener, failure }: Entry): boolean =>
      !listener.isListening && !listener.isResting && (wasPaused || failure === undefined);
    if (![...this.#entries.values()].some(isDue)) return;
    this.#turn = this.#turn.then(async () => {
      const due = [...this.#entries.values()].filter(isDue);
      await Promise.all(due.map((entry) => this.#open(entry)));
    });
  }

  #dropEmpty(key: string, listener: Listener): void {
    if (!listener.isEmpty) return;
    this.#draining.delete(key);
    this.#tallies.release(listener.tally);
  }
}

/** Strangers on ports of the range that a listener steps over, before it is reported. */
const MAX_PORT_TRIES = 32;
