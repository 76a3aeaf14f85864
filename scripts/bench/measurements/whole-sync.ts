/** Syncs of the whole cluster, each by a process that has just started. */
import { fillWorld } from '../cluster.ts';
import type { ClusterSize, FullSyncFigure, RestartFigure } from '../figures.ts';
import { createMeasuredAgent } from '../measured-agent.ts';
import { totalMsOf } from '../nft-runs.ts';
import { ownPeakBytes, watchPeakOf } from '../peak-memory.ts';

/** Syncs into a network namespace without a table. */
export async function measureFullSync(size: ClusterSize): Promise<FullSyncFigure> {
  return { layout: 'switchyard', ...size, ...(await measureSync(size)) };
}

/** Syncs into a network namespace whose table is right already: reads everything and sends nothing. */
export async function measureRestart(size: ClusterSize): Promise<RestartFigure> {
  return { ...size, ...(await measureSync(size)) };
}

// --- internal ---

async function measureSync(size: ClusterSize): Promise<Omit<RestartFigure, keyof ClusterSize>> {
  const agent = createMeasuredAgent();
  fillWorld(agent.world, size);
  const { result, peakBytes } = await watchPeakOf('nft', () => agent.sync());
  return {
    seconds: (result.endedMs - result.startedMs) / 1000,
    nftSeconds: totalMsOf(result.runs) / 1000,
    elementsSent: result.elementsSent,
    agentPeakBytes: ownPeakBytes(),
    nftPeakBytes: peakBytes,
  };
}
