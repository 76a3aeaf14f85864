/** The endpoint with the lowest score; those with equal scores take turns. */
import type { BalancedEndpoint } from './balanced-endpoint.ts';
import type { Balancer, PickRequest } from './balancer.ts';
import { sameTurn } from './round-robin.ts';

/** How little an endpoint is wanted for one more connection. */
export type Score = (endpoint: BalancedEndpoint, nowMs: number) => number;

/**
 * Least connections: what the endpoint would have with this one more, for each unit of its weight. No
 * endpoint ever gets a connection while another would be less loaded with it.
 */
export const connectionScore: Score = ({ active, target }) => (active + 1) / target.weight;

/**
 * Fastest response: the average response time, for each connection that shares the endpoint. What was
 * measured is believed less and less, so that an endpoint that was slow once is tried again. One that
 * was never measured gets a first connection at once, and counts as slow while that has no answer.
 */
export const responseScore: Score = ({ active, responseMs, respondedAtMs }, nowMs) => {
  if (responseMs === undefined) return active * UNKNOWN_MS;
  const faded = responseMs * 2 ** ((respondedAtMs - nowMs) / HALF_LIFE_MS);
  return faded * (active + 1);
};

/** Chooses by score. */
export class LowestScore implements Balancer {
  readonly #score: Score;
  #endpoints: readonly BalancedEndpoint[] = [];
  #next = 0;

  constructor(score: Score) {
    this.#score = score;
  }

  setEndpoints(endpoints: readonly BalancedEndpoint[]): void {
    this.#next = sameTurn(this.#endpoints[this.#next], endpoints);
    this.#endpoints = endpoints;
  }

  pick({ isFit, nowMs }: PickRequest): BalancedEndpoint | undefined {
    const { length } = this.#endpoints;
    let best: BalancedEndpoint | undefined;
    let lowest = Infinity;
    let bestIndex = 0;
    for (let step = 0; step < length; step++) {
      const index = (this.#next + step) % length;
      const endpoint = this.#endpoints[index];
      if (endpoint === undefined || !isFit(endpoint)) continue;
      const score = this.#score(endpoint, nowMs);
      if (score < lowest) [best, lowest, bestIndex] = [endpoint, score, index];
    }
    if (best !== undefined) this.#next = (bestIndex + 1) % length;
    return best;
  }
}

// --- internal ---

/** In this time a measurement loses half of its weight. */
const HALF_LIFE_MS = 10_000;

const UNKNOWN_MS = 100;
