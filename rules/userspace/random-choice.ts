/** Any endpoint, each as likely as the others. */
import type { BalancedEndpoint } from './balanced-endpoint.ts';
import type { Balancer, PickRequest } from './balancer.ts';

/** Chooses at random, without memory. */
export class RandomChoice implements Balancer {
  readonly #random: () => number;
  #endpoints: readonly BalancedEndpoint[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  setEndpoints(endpoints: readonly BalancedEndpoint[]): void {
    this.#endpoints = endpoints;
  }

  pick({ isFit }: PickRequest): BalancedEndpoint | undefined {
    const first = this.#anyOf(this.#endpoints);
    if (first === undefined || isFit(first)) return first;
    return this.#anyOf(this.#endpoints.filter(isFit));
  }

  #anyOf(endpoints: readonly BalancedEndpoint[]): BalancedEndpoint | undefined {
    return endpoints[Math.floor(this.#random() * endpoints.length)];
  }
}
