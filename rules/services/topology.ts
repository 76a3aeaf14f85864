/** Chooses the endpoints that a service port uses on this node (behaviour document, section 2). */
import { compareById } from './endpoints.ts';
import type { ChosenEndpoints, Endpoint, NodeFacts } from './types.ts';

/** Which lists a service port needs (1.4). */
export interface Uses {
  readonly cluster: boolean;
  readonly local: boolean;
}

/** What of the node decides the choice. */
export type Place = Pick<NodeFacts, 'name' | 'zone'>;

/** Chooses from the endpoints of one service port, which are sorted by id. */
export function chooseEndpoints(
  endpoints: readonly Endpoint[],
  uses: Uses,
  place: Place,
): ChosenEndpoints {
  const cluster = uses.cluster ? clusterEndpoints(endpoints, place) : NONE;
  const local = uses.local ? localEndpoints(endpoints) : NONE;
  const hasAny = cluster.length > 0 || (uses.local && endpoints.some(isUsable));
  return { cluster, local, all: unionOf(cluster, local), hasAny };
}

// --- internal ---

/** Shared: most service ports have an empty list. */
const NONE: readonly Endpoint[] = Object.freeze([]);

/**
 * Ready endpoints: those hinted at this node, else those hinted at its zone, else all. When nothing
 * is ready, those on their way out that still serve, wherever they are (2.1, 2.2).
 */
function clusterEndpoints(endpoints: readonly Endpoint[], place: Place): readonly Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  if (ready.length === 0) return endpoints.filter(isDraining);
  const forNode = hintedAt(ready, (endpoint) => endpoint.nodeHints, place.name);
  if (forNode.length > 0) return forNode;
  const forZone = hintedAt(ready, (endpoint) => endpoint.zoneHints, place.zone);
  return forZone.length > 0 ? forZone : ready;
}

/** Hints count only when every endpoint has one: else those without would never be used. */
function hintedAt(
  endpoints: readonly Endpoint[],
  hintsOf: (endpoint: Endpoint) => readonly string[],
  here: string,
): readonly Endpoint[] {
  if (endpoints.some((endpoint) => hintsOf(endpoint).length === 0)) return NONE;
  return endpoints.filter((endpoint) => hintsOf(endpoint).includes(here));
}

/** Ready ones on this node, else those on their way out on this node; hints do not matter (2.3). */
function localEndpoints(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const local = endpoints.filter((endpoint) => endpoint.isLocal);
  const ready = local.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : local.filter(isDraining);
}

function isDraining(endpoint: Endpoint): boolean {
  return endpoint.serving && endpoint.terminating;
}

function isUsable(endpoint: Endpoint): boolean {
  return endpoint.ready || isDraining(endpoint);
}

/** Both lists hold the same endpoint objects, so identity tells duplicates. */
function unionOf(cluster: readonly Endpoint[], local: readonly Endpoint[]): readonly Endpoint[] {
  if (cluster.length === 0) return local;
  const inCluster = new Set(cluster);
  const onlyLocal = local.filter((endpoint) => !inCluster.has(endpoint));
  return onlyLocal.length === 0 ? cluster : [...cluster, ...onlyLocal].sort(compareById);
}
