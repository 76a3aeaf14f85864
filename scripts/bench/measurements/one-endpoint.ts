/** One endpoint changed at a time in a table that stands. */
import { fillWorld, initialPods, makeSlice } from '../cluster.ts';
import { withWitness, type CommitWitness } from '../commit-witness.ts';
import type { ChangeFigure, ChangeKind, ClusterSize } from '../figures.ts';
import { createMeasuredAgent, type MeasuredAgent } from '../measured-agent.ts';
import { changeFigure, type ChangeTimes } from './change-times.ts';

/** What to measure. */
export interface OneEndpointOptions {
  readonly size: ClusterSize;
  /** How often an endpoint is changed in each way. */
  readonly rounds: number;
}

/** Measures in a network namespace whose table holds the made-up cluster of this size. */
export async function measureOneEndpoint({
  size,
  rounds,
}: OneEndpointOptions): Promise<ChangeFigure[]> {
  const agent = createMeasuredAgent();
  fillWorld(agent.world, size);
  await agent.sync();
  return withWitness(async (witness) => {
    const changes = new EndpointChanges(agent, witness, size);
    await changes.repeat('replace', WARM_UP_ROUNDS);
    const figures: ChangeFigure[] = [];
    for (const change of ['replace', 'add', 'remove'] as const) {
      const times = await changes.repeat(change, rounds);
      figures.push(changeFigure({ layout: 'switchyard', change, ...size }, times));
    }
    return figures;
  });
}

// --- internal ---

/** The first rounds of a process run code that was never run before: they do not count. */
const WARM_UP_ROUNDS = 20;

/** Changes one endpoint after another, each of another Service than the one before. */
class EndpointChanges {
  readonly #agent: MeasuredAgent;
  readonly #witness: CommitWitness;
  readonly #size: ClusterSize;
  /** The pods of the Services that were changed. */
  readonly #pods = new Map<number, readonly number[]>();
  #nextService = 0;
  #nextPod: number;

  constructor(agent: MeasuredAgent, witness: CommitWitness, size: ClusterSize) {
    this.#agent = agent;
    this.#witness = witness;
    this.#size = size;
    this.#nextPod = size.services * size.endpoints;
  }

  async repeat(change: ChangeKind, rounds: number): Promise<ChangeTimes[]> {
    const times: ChangeTimes[] = [];
    while (times.length < rounds) times.push(await this.#change(change));
    return times;
  }

  async #change(change: ChangeKind): Promise<ChangeTimes> {
    const service = this.#nextService++ % this.#size.services;
    const pods = this.#pods.get(service) ?? initialPods(service, this.#size.endpoints);
    const changed = this.#changedPods(pods, change);
    this.#pods.set(service, changed);
    const slice = makeSlice(service, changed);
    const { startedMs, runs } = await this.#agent.sync(() => {
      this.#agent.world.upsertSlice(slice);
    });
    // A second transaction, if there is one, deletes a shared chain without users: housekeeping.
    const transactions = runs.filter(({ isTransaction }) => isTransaction);
    const [committedMs] = await this.#witness.take(transactions.length);
    const [transaction] = transactions;
    if (transaction === undefined || committedMs === undefined) {
      throw new Error(`to ${change} an endpoint of Service ${service} sent nothing to the kernel`);
    }
    return {
      sentMs: transaction.startedMs - startedMs,
      committedMs: committedMs - startedMs,
      endedMs: transaction.endedMs - startedMs,
    };
  }

  #changedPods(pods: readonly number[], change: ChangeKind): number[] {
    switch (change) {
      case 'replace':
        return [this.#nextPod++, ...pods.slice(1)];
      case 'add':
        return [...pods, this.#nextPod++];
      case 'remove':
        return pods.slice(1);
    }
  }
}
