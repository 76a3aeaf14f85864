/** The bundled agent that follows an API server: its start, its changes, and what it takes meanwhile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withWitness, type CommitWitness } from '../commit-witness.ts';
import type {
  ClusterSize,
  LiveChangeFigure,
  LiveFigures,
  LiveLoadFigure,
  LiveStartFigure,
} from '../figures.ts';
import { createApiCluster, type ApiCluster } from '../live/api-cluster.ts';
import { startBundledAgent, type BundledAgent } from '../live/bundled-agent.ts';
import { cpuTimeOf } from '../live/cpu-time.ts';
import { PodListener, prepareNetwork } from '../live/landing.ts';
import { memoryOf, watchPeakOf } from '../peak-memory.ts';
import { median, percentile } from '../statistics.ts';

/** What to measure. */
export interface LiveAgentOptions {
  readonly size: ClusterSize;
  /** From the end of one sync to the start of the next, at least, in seconds. 1 is the default. */
  readonly minSyncSeconds: 0 | 1;
  /** How often the probed Service moves to another pod. */
  readonly rounds: number;
  /** Under which loads CPU time is measured. */
  readonly loads: readonly LiveLoad[];
  /** After the start, until memory is read. */
  readonly settlingMs: number;
}

/** So many changes, one after the other. */
export interface LiveLoad {
  readonly changesPerSecond: number;
  readonly seconds: number;
}

/** Measures in this network namespace, which must be empty. */
export async function measureLiveAgent(options: LiveAgentOptions): Promise<LiveFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-bench-'));
  await prepareNetwork();
  const pods = new PodListener();
  await pods.start();
  const cluster = await createApiCluster(options.size);
  const kubeconfig = join(folder, 'kubeconfig');
  await cluster.writeKubeconfig(kubeconfig);
  const start = (): Promise<BundledAgent> =>
    startBundledAgent({ folder, kubeconfig, minSync: `${options.minSyncSeconds}s` });
  try {
    return await measureAgent(options, { cluster, pods, start });
  } finally {
    await cluster.close();
    await pods.close();
    await rm(folder, { recursive: true });
  }
}

// --- internal ---

interface Scene {
  readonly cluster: ApiCluster;
  readonly pods: PodListener;
  readonly start: () => Promise<BundledAgent>;
}

/** The longest that a start or a change may take, with the largest clusters in mind. */
const PATIENCE_MS = 300_000;

async function measureAgent(
  options: LiveAgentOptions,
  { cluster, pods, start }: Scene,
): Promise<LiveFigures> {
  const { size, minSyncSeconds, rounds, loads } = options;
  const subject = { ...size, minSyncSeconds };
  const agent = await start();
  const run = async (): Promise<LiveFigures> => {
    const liveStart = await measureStart(agent, { cluster, pods }, options);
    const changes = rounds === 0 ? [] : await measureChanges({ cluster, pods }, options);
    const liveLoad: LiveLoadFigure[] = [];
    for (const load of loads)
      liveLoad.push({ ...subject, ...(await measureLoad(agent, cluster, load)) });
    return {
      liveStart: [liveStart],
      liveChange: changes.length === 0 ? [] : [changeFigure(subject, changes)],
      liveLoad,
    };
  };
  try {
    return await Promise.race([run(), agent.failure]);
  } finally {
    await agent.stop();
  }
}

async function measureStart(
  agent: BundledAgent,
  { cluster, pods }: Omit<Scene, 'start'>,
  { size, settlingMs }: LiveAgentOptions,
): Promise<LiveStartFigure> {
  const { result: programmedMs, peakBytes } = await watchPeakOf('nft', async () => {
    const pod = size.services * size.endpoints;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    // One transaction programs everything.
    const landedMs = await pods.untilLanded(cluster.probedService, pod, signal);
    await sleep(settlingMs);
    return landedMs;
  });
  const memory = memoryOf(agent.pid);
  return {
    ...size,
    seconds: (programmedMs - agent.startedMs) / 1000,
    agentBytes: memory.residentBytes,
    agentPeakBytes: memory.peakBytes,
    nftPeakBytes: peakBytes,
  };
}

/** Milliseconds from the event on. */
interface LiveChangeTimes {
  readonly committedMs: number;
  readonly landedMs: number;
}

/** The first rounds run code that was never run before: they do not count. */
const WARM_UP_ROUNDS = 5;

/** The longest time between two rounds, beyond what the one before took. */
const MAX_PAUSE_MS = 100;

async function measureChanges(
  { cluster, pods }: Omit<Scene, 'start'>,
  { rounds, minSyncSeconds }: LiveAgentOptions,
): Promise<LiveChangeTimes[]> {
  return withWitness(async (witness) => {
    const times: LiveChangeTimes[] = [];
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      // At any moment between two syncs.
      await sleep(Math.random() * Math.max(minSyncSeconds * 1000, MAX_PAUSE_MS));
      const time = await measureChange(witness, { cluster, pods });
      if (round >= 0) times.push(time);
    }
    return times;
  });
}

async function measureChange(
  witness: CommitWitness,
  { cluster, pods }: Omit<Scene, 'start'>,
): Promise<LiveChangeTimes> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const startedMs = performance.now();
  const pod = cluster.moveProbed();
  const landedMs = await pods.untilLanded(cluster.probedService, pod, signal);
  let [committedMs = NaN] = await witness.take(1);
  // Not those that the start still brought.
  while (committedMs < startedMs) [committedMs = NaN] = await witness.take(1);
  return { committedMs: committedMs - startedMs, landedMs: landedMs - startedMs };
}

function changeFigure(
  subject: ClusterSize & Pick<LiveAgentOptions, 'minSyncSeconds'>,
  rounds: readonly LiveChangeTimes[],
): LiveChangeFigure {
  const committed = rounds.map(({ committedMs }) => committedMs);
  const landed = rounds.map(({ landedMs }) => landedMs);
  return {
    ...subject,
    rounds: rounds.length,
    committedP50: median(committed),
    committedP99: percentile(committed, 0.99),
    landedP50: median(landed),
    landedP99: percentile(landed, 0.99),
  };
}

/** Changes that are due are made in steps of this length. */
const LOAD_STEP_MS = 5;

async function measureLoad(
  { pid }: BundledAgent,
  cluster: ApiCluster,
  { changesPerSecond, seconds }: LiveLoad,
): Promise<Omit<LiveLoadFigure, 'services' | 'endpoints' | 'minSyncSeconds'>> {
  const requestsBefore = cluster.requestCount;
  const before = cpuTimeOf(pid);
  const startedMs = performance.now();
  const elapsed = (): number => (performance.now() - startedMs) / 1000;
  let changes = 0;
  while (elapsed() < seconds) {
    for (; changes < elapsed() * changesPerSecond; changes++) cluster.replaceOneEndpoint();
    await sleep(LOAD_STEP_MS);
  }
  const after = cpuTimeOf(pid);
  const tookSeconds = elapsed();
  return {
    changesPerSecond,
    seconds: tookSeconds,
    agentCpu: (after.own - before.own) / tookSeconds,
    childrenCpu: (after.children - before.children) / tookSeconds,
    requests: cluster.requestCount - requestsBefore,
  };
}
