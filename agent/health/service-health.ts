/**
 * The health-check node ports of one family's Services (behaviour document, section 6.2): a server
 * for each Service at each address, brought in line after every successful sync.
 */
import type { Ip, IpFamily } from '../../rules/ip.ts';
import { healthCheckOf, type HealthCheck } from '../../rules/services/health-check.ts';
import type { ServiceKey } from '../../rules/services/types.ts';
import type { Changes } from '../../rules/services/world.ts';
import { jsonAnswer, type HttpAnswer } from '../http/answer.ts';
import { placeOfFamily, type Place } from '../http/bind-address.ts';
import type { Listening, Responder } from '../http/listener.ts';
import type { FamilySync, ProxyObserver } from '../proxy-observer.ts';

/** What the servers need. */
export interface ServiceHealthOptions {
  readonly family: IpFamily;
  /** Where they listen, now. */
  readonly bindIps: () => readonly Ip[];
  /** Listens at a place, or rejects. */
  readonly listen: (place: Place, responder: Responder) => Promise<Listening>;
  /** Whether the proxy as a whole keeps up. */
  readonly isProxyHealthy: () => boolean;
  /** A Service's server could not listen; said once until it can. The next sync tries again. */
  readonly failed: (service: ServiceKey, error: Error) => void;
}

/** Follows a proxy and serves what its Services ask for. */
export class ServiceHealth implements ProxyObserver {
  readonly #options: ServiceHealthOptions;
  /** As the cluster wants it. */
  readonly #wanted = new Map<ServiceKey, HealthCheck>();
  /** As the rules in the kernel have it: what is answered. */
  #checks: ReadonlyMap<ServiceKey, HealthCheck> = new Map();
  readonly #open = new Map<ServiceKey, OpenCheck>();
  readonly #failing = new Set<ServiceKey>();
  /** The last reconciliation, each begun when the one before it has ended. */
  #reconciled: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: ServiceHealthOptions) {
    this.#options = options;
  }

  started({ ports }: Changes): void {
    for (const [service, servicePorts] of ports) {
      const check = healthCheckOf(servicePorts, this.#options.family);
      if (check === undefined) this.#wanted.delete(service);
      else this.#wanted.set(service, check);
    }
  }

  synced({ family, error }: FamilySync): void {
    if (family !== this.#options.family || error !== undefined || this.#isStopped) return;
    this.#checks = new Map(this.#wanted);
    this.#reconciled = this.#reconciled.then(() => this.#reconcile());
  }

  /** Resolves when the servers are as the last successful sync left the Services. */
  settled(): Promise<void> {
    return this.#reconciled;
  }

  /** Closes everything. May be called again. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#reconciled;
    await Promise.all([...this.#open.keys()].map((service) => this.#close(service)));
  }

  async #reconcile(): Promise<void> {
    const ips = this.#checks.size === 0 ? [] : this.#options.bindIps();
    const placeOf = ({ port }: HealthCheck): string => [port, ...ips].join();
    const stale = [...this.#open].filter(([service, { place }]) => {
      const check = this.#checks.get(service);
      return check === undefined || placeOf(check) !== place;
    });
    // Before anything opens: a port may go from one Service to another.
    await Promise.all(stale.map(([service]) => this.#close(service)));
    for (const service of this.#failing) {
      if (!this.#checks.has(service)) this.#failing.delete(service);
    }
    for (const check of this.#checks.values()) {
      if (!this.#open.has(check.service)) await this.#openAt(ips, check, placeOf(check));
    }
  }

  async #openAt(ips: readonly Ip[], check: HealthCheck, place: string): Promise<void> {
    const { service, port } = check;
    const responder = { answer: () => this.#answer(service), failed: noFailure };
    const attempts = await Promise.allSettled(
      ips.map((ip) => this.#options.listen(placeOfFamily({ ip, port }), responder)),
    );
    const servers = attempts.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
    const failure = attempts.find((it) => it.status === 'rejected');
    if (failure === undefined) {
      this.#failing.delete(service);
      this.#open.set(service, { place, servers });
      return;
    }
    // Half of the addresses would tell load balancers half of the truth.
    await Promise.all(servers.map((server) => server.close()));
    if (this.#failing.has(service)) return;
    this.#failing.add(service);
    this.#options.failed(service, asError(failure.reason));
  }

  async #close(service: ServiceKey): Promise<void> {
    const servers = this.#open.get(service)?.servers ?? [];
    this.#open.delete(service);
    await Promise.all(servers.map((server) => server.close()));
  }

  #answer(service: ServiceKey): HttpAnswer {
    const count = this.#checks.get(service)?.localEndpoints ?? 0;
    const isHealthy = this.#options.isProxyHealthy();
    const [namespace, name] = service.split('/');
    const body = {
      service: { namespace, name },
      localEndpoints: count,
      serviceProxyHealthy: isHealthy,
    };
    const answer = jsonAnswer(count > 0 && isHealthy ? 200 : 503, JSON.stringify(body, null, '\t'));
    const weight = { 'X-Load-Balancing-Endpoint-Weight': String(count) };
    return { ...answer, headers: { ...answer.headers, ...weight } };
  }
}

// --- internal ---

/** One Service's servers. */
interface OpenCheck {
  /** Port and addresses, to see whether they are still the right ones. */
  readonly place: string;
  readonly servers: readonly Listening[];
}

/** The answer is made of what is known and cannot fail. */
function noFailure(): void {
  return;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
