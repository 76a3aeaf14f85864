/** iptables mode in one variant: a first sync, then one endpoint changed at a time. */
import type { VariantName } from '../../../agent/kernel/iptables-variant.ts';
import type { ServicePort } from '../../../rules/services/types.ts';
import { createWorld } from '../../../rules/services/world.ts';
import { fillWorld, initialPods, makeSlice } from '../cluster.ts';
import { withWitness, type CommitWitness } from '../commit-witness.ts';
import type { ClusterSize } from '../figures.ts';
import { FOREIGN_RULES, foreignText } from '../foreign-rules.ts';
import type { ChainChangeFigure, ChainSyncFigure } from '../iptables-figures.ts';
import { endpointChains, isLarge, restoreText } from '../kube-proxy/iptables.ts';
import { loadKubeProxy, restore, runPatiently } from '../kube-proxy/load.ts';
import { createMeasuredChains } from '../measured-agent.ts';
import { totalMsOf } from '../program-runs.ts';
import { changeQuantiles, type ChangeTimes } from './change-times.ts';

/** What to measure. */
export interface IptablesOptions {
  readonly layout: 'switchyard' | 'kube-proxy';
  readonly variant: VariantName;
  readonly size: ClusterSize;
  /** Whether somebody else's rules are there first. */
  readonly isPopulated: boolean;
  /** Whether the first sync is measured; if not, kube-proxy's is done in whatever way is fast. */
  readonly isSyncMeasured: boolean;
  /** How often an endpoint is replaced; 0 leaves that out. */
  readonly rounds: number;
}

/** What came of it. */
export interface IptablesMeasured {
  readonly chainSync: readonly ChainSyncFigure[];
  readonly chainChange: readonly ChainChangeFigure[];
}

/** Measures in this network namespace, which must have no tables yet. */
export async function measureIptables(options: IptablesOptions): Promise<IptablesMeasured> {
  const { layout, variant, size, isPopulated, isSyncMeasured, rounds } = options;
  if (isPopulated) await restore(variant, foreignText());
  const subject = { layout, variant, ...size };
  const side = layout === 'switchyard' ? new Ours(options) : new Theirs(options);
  const times = await side.start();
  const foreignRules = isPopulated ? FOREIGN_RULES : 0;
  return {
    chainSync: isSyncMeasured ? [{ ...subject, foreignRules, ...times }] : [],
    chainChange:
      rounds === 0 ? [] : [{ ...subject, ...changeQuantiles(await changes(side, options)) }],
  };
}

// --- internal ---

type SyncTimes = Pick<ChainSyncFigure, 'seconds' | 'iptablesSeconds'>;
type RestoreTimes = Omit<ChangeTimes, 'committedMs'> & { readonly startedMs: number };

/** One side of the comparison. */
interface Side {
  /** Brings the whole cluster into the kernel. */
  start(): Promise<SyncTimes>;
  /** Replaces the first pod of a Service by a new one. */
  replace(service: number, pod: number): Promise<RestoreTimes>;
}

class Ours implements Side {
  readonly #size: ClusterSize;
  readonly #agent: ReturnType<typeof createMeasuredChains>;

  constructor({ variant, size }: IptablesOptions) {
    this.#size = size;
    this.#agent = createMeasuredChains(variant);
  }

  async start(): Promise<SyncTimes> {
    fillWorld(this.#agent.world, this.#size);
    const { startedMs, endedMs, runs } = await this.#agent.sync();
    return { seconds: (endedMs - startedMs) / 1000, iptablesSeconds: totalMsOf(runs) / 1000 };
  }

  async replace(service: number, pod: number): Promise<RestoreTimes> {
    const slice = makeSlice(service, replaced(service, pod, this.#size));
    const { startedMs, runs } = await this.#agent.sync(() => {
      this.#agent.world.upsertSlice(slice);
    });
    const run = runs.find(({ isTransaction }) => isTransaction);
    if (run === undefined) throw new Error(`nothing was sent for Service ${service}`);
    return { startedMs, sentMs: run.startedMs - startedMs, endedMs: run.endedMs - startedMs };
  }
}

/** What kube-proxy does besides writing what it sends is left out, in its favour. */
class Theirs implements Side {
  readonly #options: IptablesOptions;
  readonly #world = createWorld();
  readonly #ports = new Map<string, ServicePort>();

  constructor(options: IptablesOptions) {
    this.#options = options;
  }

  async start(): Promise<SyncTimes> {
    const { variant, size, isSyncMeasured } = this.#options;
    fillWorld(this.#world, size);
    const ports = this.#takeChanged();
    const startedMs = performance.now();
    await loadKubeProxy(variant, ports, { flushes: !isSyncMeasured });
    const seconds = (performance.now() - startedMs) / 1000;
    return { seconds, iptablesSeconds: seconds };
  }

  async replace(service: number, pod: number): Promise<RestoreTimes> {
    const { variant, size } = this.#options;
    this.#world.upsertSlice(makeSlice(service, replaced(service, pod, size)));
    const changed = this.#takeChanged();
    const ports = [...this.#ports.values()];
    const startedMs = performance.now();
    const stale = isLarge(ports) ? [] : await this.#findStale(ports);
    const text = restoreText({ ports, changed, stale });
    const sentMs = performance.now() - startedMs;
    await restore(variant, text);
    return { startedMs, sentMs, endedMs: performance.now() - startedMs };
  }

  /** Every sync begins with this, but in large clusters. */
  async #findStale(ports: readonly ServicePort[]): Promise<string[]> {
    const { variant } = this.#options;
    const { stdout } = await runPatiently(`iptables-${variant}-save`, ['-t', 'nat']);
    const active = new Set(ports.flatMap(endpointChains));
    const chains = [...stdout.matchAll(/^:(KUBE-SEP-\S+)/gm)].map(([, name = '']) => name);
    return chains.filter((chain) => !active.has(chain));
  }

  #takeChanged(): ServicePort[] {
    const changed = [...this.#world.checkOut().ports.values()].flat();
    for (const port of changed) this.#ports.set(port.key, port);
    return changed;
  }
}

function replaced(service: number, pod: number, { endpoints }: ClusterSize): number[] {
  return [pod, ...initialPods(service, endpoints).slice(1)];
}

/** The first rounds of a process run code that was never run before: they do not count. */
const WARM_UP_ROUNDS = 3;

async function changes(
  side: Side,
  { layout, variant, size, rounds }: IptablesOptions,
): Promise<ChangeTimes[]> {
  const once = (round: number): Promise<RestoreTimes> =>
    side.replace(round % size.services, size.services * size.endpoints + round);
  const repeat = async (
    committedMs: (times: RestoreTimes) => Promise<number>,
  ): Promise<ChangeTimes[]> => {
    const all: ChangeTimes[] = [];
    for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
      const times = await once(round);
      all.push({ ...times, committedMs: await committedMs(times) });
    }
    return all.slice(WARM_UP_ROUNDS);
  };
  if (variant === 'legacy') return repeat(({ endedMs }) => Promise.resolve(endedMs));
  const tables = layout === 'switchyard' ? 1 : 2;
  return withWitness((witness) => repeat((times) => lastCommit(witness, tables, times)));
}

/** kube-proxy commits the table filter every time, then nat; we commit what changed. */
async function lastCommit(
  witness: CommitWitness,
  tables: number,
  { startedMs }: RestoreTimes,
): Promise<number> {
  return ((await witness.take(tables)).at(-1) ?? NaN) - startedMs;
}
