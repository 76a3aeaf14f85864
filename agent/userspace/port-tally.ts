/** Counts of one service port: plain numbers, since every chunk of data is counted. */
import type { IpFamily } from '../../rules/ip.ts';
import type { ServicePortKey } from '../../rules/services/types.ts';
import { CONNECT_BUCKETS_MS, type PortCounters } from './interface.ts';
import type { ListenerSpec } from '../../rules/userspace/listener-spec.ts';

/** Counters that count. */
export type PortTally = { -readonly [Name in keyof PortCounters]: PortCounters[Name] } & {
  readonly connects: number[];
};

/** An endpoint took a connection after so long. */
export function countConnect(tally: PortTally, elapsedMs: number): void {
  let bucket = 0;
  while (elapsedMs > (CONNECT_BUCKETS_MS[bucket] ?? Infinity)) bucket += 1;
  tally.connects[bucket] = (tally.connects[bucket] ?? 0) + 1;
  tally.connectMs += elapsedMs;
}

/** The tallies of all service ports, each for as long as somebody counts in its name. */
export class PortTallies {
  readonly #tallies = new Map<string, { readonly tally: PortTally; users: number }>();
  readonly #forgotten: (servicePort: ServicePortKey, family: IpFamily) => void;

  /** `forgotten` is called when the last user of a tally has released it. */
  constructor(forgotten: (servicePort: ServicePortKey, family: IpFamily) => void) {
    this.#forgotten = forgotten;
  }

  /** The tally that a listener counts in, until it is released. */
  acquire({ servicePort, family, protocol }: ListenerSpec): PortTally {
    const key = keyOf({ servicePort, family });
    const entry = this.#tallies.get(key) ?? {
      tally: { servicePort, family, protocol, ...NOTHING_COUNTED, connects: emptyBuckets() },
      users: 0,
    };
    this.#tallies.set(key, entry);
    entry.users += 1;
    return entry.tally;
  }

  /** The listener is gone with all its connections. */
  release(tally: PortTally): void {
    const key = keyOf(tally);
    const entry = this.#tallies.get(key);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    this.#tallies.delete(key);
    this.#forgotten(tally.servicePort, tally.family);
  }

  /** All of them. */
  *all(): Generator<PortCounters> {
    for (const { tally } of this.#tallies.values()) yield tally;
  }
}

// --- internal ---

const NOTHING_COUNTED = {
  accepted: 0,
  active: 0,
  failed: 0,
  retried: 0,
  receivedBytes: 0,
  sentBytes: 0,
  connectMs: 0,
};

function emptyBuckets(): number[] {
  return new Array<number>(CONNECT_BUCKETS_MS.length + 1).fill(0);
}

function keyOf({ servicePort, family }: Pick<PortTally, 'servicePort' | 'family'>): string {
  return `${family} ${servicePort}`;
}
