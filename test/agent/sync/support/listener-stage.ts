/** A listener sync over a proxy and a kernel that only note what they are told. */
import type { ListenFailure, UserspaceProxy } from '../../../../agent/userspace/interface.ts';
import { ListenerSync, type WayIn } from '../../../../agent/sync/listener-sync.ts';
import type { Applied } from '../../../../agent/sync/proxier.ts';
import { TableSync } from '../../../../agent/sync/table-sync.ts';
import { redirectWay } from '../../../../agent/sync/ways-in.ts';
import type { Protocol, ServiceKey, ServicePort } from '../../../../rules/services/types.ts';
import type { RuleSettings } from '../../../../rules/settings.ts';
import type { ListenerSpec } from '../../../../rules/userspace/listener-spec.ts';
import { makeSettings } from '../../../rules/nftables/support/settings.ts';
import { FakeTransport } from './fake-transport.ts';

/** Listeners that exist in name only. */
export class FakeProxy implements UserspaceProxy {
  readonly #owners = new Map<string, readonly ListenerSpec[]>();
  /** Ports that strangers have. */
  readonly taken = new Set<number>();
  /** Called before each change takes effect. */
  onApply: () => void = () => undefined;
  stoppedAfterMs: number | undefined;

  apply(changes: ReadonlyMap<string, readonly ListenerSpec[]>): Promise<readonly ListenFailure[]> {
    this.onApply();
    for (const [owner, specs] of changes) this.#owners.set(owner, specs);
    const failures = this.listeners.filter((spec) => !this.#canListen(spec));
    return Promise.resolve(failures.map((spec) => ({ spec, message: 'taken' })));
  }

  portOf(id: string): number | undefined {
    return this.listeners.find((spec) => spec.id === id && this.#canListen(spec))?.port;
  }

  counters(): [] {
    return [];
  }

  stop(drainMs: number): Promise<void> {
    this.stoppedAfterMs = drainMs;
    return Promise.resolve();
  }

  /** Everything that is wanted. */
  get listeners(): ListenerSpec[] {
    return [...this.#owners.values()].flat();
  }

  #canListen({ port }: ListenerSpec): boolean {
    return port !== undefined && !this.taken.has(port);
  }
}

/** A listener sync of IPv4 with everything around it. */
export class ListenerStage {
  readonly proxy = new FakeProxy();
  readonly transport = new FakeTransport();
  readonly sync: ListenerSync;
  readonly applied: Applied[] = [];
  /** Listeners that a table leads to already. */
  known: [Protocol, string, number][] = [];

  constructor(settings: RuleSettings = makeSettings('IPv4')) {
    const { proxy, transport } = this;
    const now = (): number => 0;
    this.sync = new ListenerSync({
      family: 'IPv4',
      settings,
      proxy,
      events: {
        applied: (applied) => this.applied.push(applied),
        quarantined: () => undefined,
        repairing: () => undefined,
        collectFailed: () => undefined,
      },
      findWay: (current, events): Promise<WayIn> => {
        const table = {
          family: 'IPv4' as const,
          settings: { ...current, listenerGuard: 'translation' as const },
          transport,
          now,
        };
        return Promise.resolve(
          redirectWay({
            settings: current,
            defaults: { loadBalancing: 'round-robin' },
            rules: new TableSync({ ...table, events }),
            guard: 'translation',
            range: { from: 20_000, to: 20_099 },
            known: this.known,
            portOf: (id) => proxy.portOf(id),
          }),
        );
      },
      now,
      sleep: () => Promise.resolve(),
    });
  }

  /** Sets a Service's ports and syncs. */
  async set(service: ServiceKey, ...ports: ServicePort[]): Promise<void> {
    this.sync.setPorts(service, ports);
    await this.sync.sync();
  }

  /** The listeners that the kernel's table leads to, as `ip . protocol . port`. */
  get ruled(): string[] {
    return [...(this.transport.kernel.found()?.contents.get('listeners')?.keys() ?? [])];
  }

  /** The listeners of the proxy in the same form. */
  get listening(): string[] {
    return this.proxy.listeners.map(({ ips, protocol, port }) =>
      [ips.join(), protocol, port].join(' . '),
    );
  }
}
