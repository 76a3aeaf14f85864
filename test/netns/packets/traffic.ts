/** Traffic that goes on while something changes: new connections all the time, and held ones. */
import { IP_FAMILIES } from '../../../rules/ip.ts';
import type { HeldConnection, RunningLoad } from '../../../scripts/world/host.ts';
import type { HeldReport, LoadFailure } from '../../../scripts/world/host/protocol.ts';
import type { World } from '../../../scripts/world/world.ts';
import { eventually } from '../../support/eventually.ts';
import type { Target } from './target.ts';

/** Where traffic comes from and goes to, over TCP in both families. */
export interface Flow {
  readonly from: string;
  readonly to: Target;
}

/** What became of traffic. */
export interface TrafficReport {
  /** The first new connections that failed. */
  readonly failures: readonly LoadFailure[];
  /** Held connections that broke. */
  readonly broken: readonly HeldReport[];
}

/** Starts traffic along each flow. */
export async function startTraffic(world: World, flows: readonly Flow[]): Promise<Traffic> {
  const paths = flows.flatMap(({ from, to }) =>
    IP_FAMILIES.map((family) => ({ host: world.host(from), ip: to.ips[family], port: to.port })),
  );
  const loads = paths.map(({ host, ip, port }) =>
    host.load({ protocol: 'tcp', ip, port, concurrency: 1, intervalMs: NEW_CONNECTION_MS }),
  );
  const held = paths.flatMap(({ host, ip, port }) =>
    Array.from({ length: HELD_PER_PATH }, () => host.holdOpen({ ip, port, intervalMs: BYTE_MS })),
  );
  return new Traffic(await Promise.all(loads), await Promise.all(held));
}

/** Running traffic. */
export class Traffic {
  readonly #loads: readonly RunningLoad[];
  readonly #held: readonly HeldConnection[];

  constructor(loads: readonly RunningLoad[], held: readonly HeldConnection[]) {
    this.#loads = loads;
    this.#held = held;
  }

  /** Resolves once a number of new connections were answered along every path from now on. */
  async goOn(): Promise<void> {
    const before = await this.#answered();
    const goesOn = async (): Promise<boolean> => {
      const now = await this.#answered();
      return now.every((count, index) => count >= (before[index] ?? 0) + CONNECTIONS_TO_GO_ON);
    };
    await eventually(goesOn, 'new connections along every path');
  }

  /** Ends it. */
  async stop(): Promise<TrafficReport> {
    const reports = await Promise.all(this.#loads.map((load) => load.stop()));
    const held = await Promise.all(this.#held.map((connection) => connection.release()));
    return {
      failures: reports.flatMap(({ firstFailures }) => firstFailures),
      broken: held.filter(({ alive }) => !alive),
    };
  }

  async #answered(): Promise<number[]> {
    const reports = await Promise.all(this.#loads.map((load) => load.report()));
    return reports.map(({ answered }) => answered);
  }
}

// --- internal ---

const NEW_CONNECTION_MS = 10;
const BYTE_MS = 50;

/** Enough to hold some to every endpoint. */
const HELD_PER_PATH = 8;

const CONNECTIONS_TO_GO_ON = 20;
