import { setTimeout as wait } from 'node:timers/promises';
import { IP_FAMILIES } from '../../rules/ip.ts';
import type { LoadReport } from '../world/host/protocol.ts';
import type { RunningLoad } from '../world/host.ts';
import { type Outcome, answeredCount, outcomeOfLoads, outcomeSince } from './outcome.ts';
import { routesTo } from './routes.ts';
import type { Stage } from './stage.ts';
import type { Tally } from './tally.ts';
import { countText } from './view/bars.ts';

/** Starts continuous new connections to every address of `web`. */
export async function startTraffic({ world, manifests, tally }: Stage): Promise<Traffic> {
  const loads = await Promise.all(
    routesTo(manifests.service('web')).flatMap(({ from, targets }) =>
      IP_FAMILIES.map((family) => world.host(from).load({ ...targets[family], ...PACE })),
    ),
  );
  return new Traffic(loads, tally);
}

/** Continuous traffic, looked at window by window; every window goes into the tally. */
export class Traffic {
  readonly #loads: readonly RunningLoad[];
  readonly #tally: Tally;
  #soFar: Outcome = { answeredBy: {}, failed: 0 };

  constructor(loads: readonly RunningLoad[], tally: Tally) {
    this.#loads = loads;
    this.#tally = tally;
  }

  /** In words: how many connections there were, and how many of them failed. */
  get summary(): string {
    const count = answeredCount(this.#soFar) + this.#soFar.failed;
    return `${countText(count)} connections, ${this.#soFar.failed} failed`;
  }

  /** Whether none has failed so far. */
  get isFlawless(): boolean {
    return this.#soFar.failed === 0;
  }

  /** What happens in so many milliseconds, in which only these pods should answer. */
  async watch(ms: number, expectedPods: readonly string[]): Promise<Outcome> {
    await wait(ms);
    const reports = await Promise.all(this.#loads.map((load) => load.report()));
    return this.#close(reports, expectedPods);
  }

  /** Starts no more connections and waits for those under way. */
  async stop(expectedPods: readonly string[]): Promise<void> {
    const reports = await Promise.all(this.#loads.map((load) => load.stop()));
    this.#close(reports, expectedPods);
    for (const { afterMs, result } of reports.flatMap(({ firstFailures }) => firstFailures)) {
      this.#tally.problem(`traffic: ${JSON.stringify(result)} ${afterMs} ms after it began`);
    }
  }

  /** Ends a window. */
  #close(reports: readonly LoadReport[], expectedPods: readonly string[]): Outcome {
    const now = outcomeOfLoads(reports);
    const window = outcomeSince(now, this.#soFar);
    this.#soFar = now;
    this.#tally.add('traffic', window, expectedPods);
    return window;
  }
}

// --- internal ---

/** Enough to hit every gap, and not so much that two cores have no time left for the agents. */
const PACE = { concurrency: 2, intervalMs: 10 } as const;
