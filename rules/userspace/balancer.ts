/** How one endpoint of several is chosen: the interface that all balancers have, and the choice of one. */
import type { LoadBalancing } from '../services/load-balancing.ts';
import type { BalancedEndpoint } from './balanced-endpoint.ts';
import { ConsistentHash } from './consistent-hash.ts';
import { LowestScore, connectionScore, responseScore } from './lowest-score.ts';
import { RandomChoice } from './random-choice.ts';
import { RoundRobin } from './round-robin.ts';

/** Spreads connections over endpoints. */
export interface Balancer {
  /** The endpoints from now on, sorted by id, each once. Whose turn it is survives. */
  setEndpoints(endpoints: readonly BalancedEndpoint[]): void;
  /** The endpoint for a new connection; `undefined` when none is fit. */
  pick(request: PickRequest): BalancedEndpoint | undefined;
}

/** What may decide. */
export interface PickRequest {
  /** The client's address, in canonical text. */
  readonly client: string;
  readonly nowMs: number;
  /** Whether this connection may go there. */
  readonly isFit: (endpoint: BalancedEndpoint) => boolean;
}

/** A balancer without endpoints; `random` answers numbers from 0 up to, but not, 1. */
export function createBalancer(kind: LoadBalancing, random: () => number): Balancer {
  switch (kind) {
    case 'round-robin':
      return new RoundRobin();
    case 'random':
      return new RandomChoice(random);
    case 'least-connections':
      return new LowestScore(connectionScore);
    case 'fastest-response':
      return new LowestScore(responseScore);
    case 'consistent-hash':
      return new ConsistentHash();
  }
}
