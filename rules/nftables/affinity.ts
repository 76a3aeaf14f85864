/**
 * ClientIP affinity when endpoints move. The kernel's `affinity` set says "this client uses slot 2
 * of this frontend"; when slot 2 gets another endpoint, its entries must go, or follow the endpoint
 * to its new slot. An entry left behind by a race does no harm: it sticks its client to another
 * live endpoint, never to a dead one.
 */
import type { ElementChange } from '../diff/element.ts';
import { frontendSlotOf } from './endpoint-maps.ts';
import { concatText } from './names.ts';

/** What happens to the clients of one slot of one frontend. */
export interface AffinityMove {
  /** `10.96.0.10 . tcp . 80`, or `tcp . 30080` for a node port. */
  readonly frontend: string;
  readonly isNodePort: boolean;
  readonly slot: number;
  /** The slot to which the endpoint went; `undefined` when the endpoint is gone. */
  readonly movedTo: number | undefined;
}

/** One entry of the kernel's affinity set. */
export interface AffinityEntry {
  readonly client: string;
  /** The address that the client connected to: a service address or one of the node's. */
  readonly address: string;
  /** `tcp . 80`. */
  readonly protocolAndPort: string;
  readonly slot: number;
  /** How long a client is remembered, and how long this one still is; both in whole seconds. */
  readonly timeoutSeconds: number;
  readonly expiresSeconds: number;
}

/** One entry to delete, and what to add in its place. */
export interface AffinityEdit {
  readonly entry: AffinityEntry;
  readonly movedTo: number | undefined;
}

/** Finds which slots lost their endpoint, looking only at frontends that have or had affinity. */
export function affinityMoves(
  changes: readonly ElementChange[],
  hasAffinity: (frontend: string) => boolean,
): AffinityMove[] {
  const arrivals = new Map<string, number>();
  const departures: { frontend: string; slot: number; endpoint: string; isNodePort: boolean }[] =
    [];
  for (const { collection, key, before, after } of changes) {
    const place = frontendSlotOf(collection, key);
    if (place === undefined || before?.value === after?.value) continue;
    const { frontend, slot, isNodePort } = place;
    if (!hasAffinity(frontend)) continue;
    if (after !== undefined) arrivals.set(`${frontend} ${after.value}`, slot);
    if (before !== undefined) {
      departures.push({ frontend, slot, endpoint: before.value, isNodePort });
    }
  }
  return departures.map(({ frontend, slot, endpoint, isNodePort }) => ({
    frontend,
    isNodePort,
    slot,
    movedTo: arrivals.get(`${frontend} ${endpoint}`),
  }));
}

/**
 * Picks the entries that have to move or go. `isServiceIp` tells a service address's frontend from
 * a node port's, whose entries carry whichever of the node's addresses the client used.
 */
export function affinityEdits(
  entries: readonly AffinityEntry[],
  moves: readonly AffinityMove[],
  isServiceIp: (frontend: string) => boolean,
): AffinityEdit[] {
  const moveAt = new Map(moves.map((move) => [moveKey(move.frontend, move.slot), move]));
  const edits: AffinityEdit[] = [];
  for (const entry of entries) {
    const withAddress = concatText(entry.address, entry.protocolAndPort);
    const frontend = isServiceIp(withAddress) ? withAddress : entry.protocolAndPort;
    const move =
      moveAt.get(moveKey(withAddress, entry.slot)) ?? moveAt.get(moveKey(frontend, entry.slot));
    if (move !== undefined) edits.push({ entry, movedTo: move.movedTo });
  }
  return edits;
}

/** The key of an entry in the kernel's set, with its slot or another one. */
export function affinityKey(entry: AffinityEntry, slot: number = entry.slot): string {
  return concatText(entry.client, entry.address, entry.protocolAndPort, slot);
}

// --- internal ---

function moveKey(frontend: string, slot: number): string {
  return `${frontend} ${slot}`;
}
