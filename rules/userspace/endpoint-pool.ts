/**
 * The endpoints of one listener: who gets the next connection. A client that has affinity gets its
 * endpoint, everybody else the balancer's choice; endpoints that keep failing are passed over while
 * there are others.
 */
import { compareText } from '../services/compare-text.ts';
import type { LoadBalancing } from '../services/load-balancing.ts';
import { isAside, newEndpoint, noteSuccess, type BalancedEndpoint } from './balanced-endpoint.ts';
import { createBalancer, type Balancer } from './balancer.ts';
import type { ListenerSpec } from './listener-spec.ts';
import { RecencyMap } from './recency-map.ts';

/** The part of a listener's spec that decides where connections go. */
export type PoolSpec = Pick<ListenerSpec, 'endpoints' | 'loadBalancing' | 'affinitySeconds'>;

/** Chooses endpoints. */
export class EndpointPool {
  readonly #random: () => number;
  readonly #endpoints = new Map<string, BalancedEndpoint>();
  /** Those that were left out and had connections then: they may come back. */
  readonly #gone = new Map<string, BalancedEndpoint>();
  #loadBalancing: LoadBalancing = 'round-robin';
  #balancer: Balancer;
  #affinitySeconds: number | undefined;
  /** Client to endpoint id. */
  #affinity: RecencyMap<string> | undefined;

  /** Without endpoints; `random` is for balancers that leave it to chance. */
  constructor(random: () => number) {
    this.#random = random;
    this.#balancer = createBalancer(this.#loadBalancing, random);
  }

  /** Takes up what changed. Endpoints that stay keep what is known of them. */
  configure({ endpoints, loadBalancing, affinitySeconds }: PoolSpec, nowMs: number): void {
    if (loadBalancing !== this.#loadBalancing) {
      this.#loadBalancing = loadBalancing;
      this.#balancer = createBalancer(loadBalancing, this.#random);
    }
    if (affinitySeconds !== this.#affinitySeconds) {
      this.#affinitySeconds = affinitySeconds;
      this.#affinity =
        affinitySeconds === undefined
          ? undefined
          : new RecencyMap(affinitySeconds * 1000, MAX_CLIENTS);
    }
    this.#replaceEndpoints(endpoints, nowMs);
    this.#affinity?.keepOnly((id) => this.#endpoints.has(id));
  }

  /**
   * The endpoint for a connection of this client, but none that it has tried. One that is set aside is
   * chosen when nothing else is left. `undefined` when all were tried.
   */
  choose(
    client: string,
    tried: readonly BalancedEndpoint[],
    nowMs: number,
  ): BalancedEndpoint | undefined {
    const isUntried = (endpoint: BalancedEndpoint): boolean => !tried.includes(endpoint);
    const isFit = (endpoint: BalancedEndpoint): boolean =>
      isUntried(endpoint) && !isAside(endpoint, nowMs);
    const pinned = this.#endpoints.get(this.#affinity?.use(client, nowMs) ?? '');
    if (pinned !== undefined && isFit(pinned)) return pinned;
    return (
      this.#balancer.pick({ client, nowMs, isFit }) ??
      this.#balancer.pick({ client, nowMs, isFit: isUntried })
    );
  }

  /** The client stays with this endpoint, if it has affinity: call when the endpoint took it. */
  pin(client: string, endpoint: BalancedEndpoint, nowMs: number): void {
    if (endpoint.goneAtMs === undefined) this.#affinity?.set(client, endpoint.id, nowMs);
  }

  /** Forgets the clients whose affinity has run out, and endpoints that are gone with all connections. */
  expire(nowMs: number): void {
    this.#affinity?.takeIdle(nowMs);
    for (const [id, { active }] of this.#gone) if (active === 0) this.#gone.delete(id);
  }

  /** Whether the client's address matters: to ask the kernel for it is not free. */
  get needsClient(): boolean {
    return this.#affinity !== undefined || this.#loadBalancing === 'consistent-hash';
  }

  get size(): number {
    return this.#endpoints.size;
  }

  #replaceEndpoints(targets: PoolSpec['endpoints'], nowMs: number): void {
    const wanted = new Set(targets.map(({ id }) => id));
    for (const [id, endpoint] of this.#endpoints) {
      if (wanted.has(id)) continue;
      endpoint.goneAtMs = nowMs;
      this.#endpoints.delete(id);
      this.#gone.set(id, endpoint);
    }
    for (const target of targets) {
      const known = this.#endpoints.get(target.id) ?? this.#comeBack(target.id);
      if (known === undefined) this.#endpoints.set(target.id, newEndpoint(target));
      else known.target = target;
    }
    const sorted = [...this.#endpoints.values()].sort((a, b) => compareText(a.id, b.id));
    this.#balancer.setEndpoints(sorted);
  }

  /** One that was not ready for a while, say: the connections that it still has are its own again. */
  #comeBack(id: string): BalancedEndpoint | undefined {
    const endpoint = this.#gone.get(id);
    if (endpoint === undefined) return undefined;
    this.#gone.delete(id);
    if (endpoint.active === 0) return undefined;
    endpoint.goneAtMs = undefined;
    noteSuccess(endpoint);
    this.#endpoints.set(id, endpoint);
    return endpoint;
  }
}

// --- internal ---

/** Clients of one listener that are remembered; the one not seen for longest goes first. */
const MAX_CLIENTS = 100_000;
