/** The same client comes to the same endpoint, on every node, as long as that is there. */
import type { BalancedEndpoint } from './balanced-endpoint.ts';
import type { Balancer, PickRequest } from './balancer.ts';
import { maglevTable, SLOTS, slotOf } from './maglev.ts';

/** Chooses by the client's address alone. */
export class ConsistentHash implements Balancer {
  #endpoints: readonly BalancedEndpoint[] = [];
  /** Made when it is first needed: it takes some milliseconds and 256 KiB. */
  #table: Uint32Array | undefined;

  setEndpoints(endpoints: readonly BalancedEndpoint[]): void {
    const isSame =
      endpoints.length === this.#endpoints.length &&
      endpoints.every(({ id }, index) => id === this.#endpoints[index]?.id);
    if (!isSame) this.#table = undefined;
    this.#endpoints = endpoints;
  }

  /** Where the endpoint is not fit, its clients spread over the others: the next slots are theirs. */
  pick({ client, isFit }: PickRequest): BalancedEndpoint | undefined {
    if (!this.#endpoints.some(isFit)) return undefined;
    this.#table ??= maglevTable(this.#endpoints.map(({ id }) => id));
    const slot = slotOf(client);
    for (let step = 0; step < SLOTS; step++) {
      const endpoint = this.#endpoints[this.#table[(slot + step) % SLOTS] ?? 0];
      if (endpoint !== undefined && isFit(endpoint)) return endpoint;
    }
    return undefined;
  }
}
