/** One after the other: of any n connections in a row, n endpoints get one each. */
import type { BalancedEndpoint } from './balanced-endpoint.ts';
import type { Balancer, PickRequest } from './balancer.ts';

/** Exact round robin. An endpoint that is not fit misses its turn. */
export class RoundRobin implements Balancer {
  #endpoints: readonly BalancedEndpoint[] = [];
  #next = 0;

  setEndpoints(endpoints: readonly BalancedEndpoint[]): void {
    this.#next = sameTurn(this.#endpoints[this.#next], endpoints);
    this.#endpoints = endpoints;
  }

  pick({ isFit }: PickRequest): BalancedEndpoint | undefined {
    const { length } = this.#endpoints;
    for (let step = 0; step < length; step++) {
      const index = (this.#next + step) % length;
      const endpoint = this.#endpoints[index];
      if (endpoint === undefined || !isFit(endpoint)) continue;
      this.#next = (index + 1) % length;
      return endpoint;
    }
    return undefined;
  }
}

/** Where in a new list the endpoint stands that was next, or the one that follows it. */
export function sameTurn(
  next: BalancedEndpoint | undefined,
  endpoints: readonly BalancedEndpoint[],
): number {
  const index = next === undefined ? 0 : endpoints.findIndex(({ id }) => id >= next.id);
  return Math.max(index, 0);
}
