/** Syncs of the whole cluster, each by a process that has just started. */
import { fillWorld } from '../cluster.ts';
import type { ClusterSize, FullSyncFigure, RestartFigure, WholeSyncFigure } from '../figures.ts';
import { createMeasuredAgent } from '../measured-agent.ts';
import { totalMsOf } from '../program-runs.ts';
import { ownPeakBytes, watchPeakOf } from '../peak-memory.ts';

/** Syncs into a network namespace without a table. */
export async function measureFullSync(size: ClusterSize): Promise<FullSyncFigure> {
  const { figure } = await measureSync(size);
  return { layout: 'switchyard', ...figure };
}

/** Syncs into a network namespace whose table is right already: reads everything and sends nothing. */
export async function measureRestart(size: ClusterSize): Promise<RestartFigure> {
  const { figure, elementsSent } = await measureSync(size);
  return { ...figure, elementsSent };
}

// --- internal ---

interface MeasuredSync {
  readonly figure: WholeSyncFigure & { readonly agentPeakBytes: number };
  readonly elementsSent: number;
}

async function measureSync(size: ClusterSize): Promise<MeasuredSync> {
  const agent = createMeasuredAgent();
  fillWorld(agent.world, size);
  const { result: sync, peakBytes } = await watchPeakOf('nft', () => agent.sync());
  const figure = {
    ...size,
    seconds: (sync.endedMs - sync.startedMs) / 1000,
    nftSeconds: totalMsOf(sync.runs) / 1000,
    agentPeakBytes: ownPeakBytes(),
    nftPeakBytes: peakBytes,
  };
  return { figure, elementsSent: sync.elementsSent };
}
