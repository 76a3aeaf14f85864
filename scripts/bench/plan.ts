/** Which measurements a run consists of. */
import type { ClusterSize } from './figures.ts';
import type { KubeProxyOptions } from './measurements/kube-proxy.ts';
import type { LiveAgentOptions } from './measurements/live-agent.ts';
import type { Benchmark, BenchOptions } from './options.ts';

/** What is measured in one network namespace, one after the other. */
export type Station =
  | {
      readonly kind: 'switchyard';
      readonly size: ClusterSize;
      readonly isRestarted: boolean;
      /** How often an endpoint is changed in each way. */
      readonly rounds: number;
    }
  | { readonly kind: 'kube-proxy'; readonly options: KubeProxyOptions }
  | { readonly kind: 'thinking'; readonly size: ClusterSize }
  | { readonly kind: 'live-agent'; readonly options: LiveAgentOptions };

/**
 * Our side and kube-proxy's at every size, with one endpoint changed in the smallest and in the
 * largest cluster. kube-proxy's old layout only comes in a size that ends within a minute.
 */
export function planRun({ only, services, isQuick }: BenchOptions): Station[] {
  const wants = (benchmark: Benchmark): boolean => only.includes(benchmark);
  const sizes = ascending([...SIZES.filter((size) => size < services), services]);
  const ends = sizes.filter((_, index) => index === 0 || index === sizes.length - 1);
  const oldLayout = Math.min(services, isQuick ? 500 : 4_000);
  const roundsAt = (size: number, rounds: number): number =>
    wants('one-endpoint') && ends.includes(size) ? rounds : 0;

  const stations: Station[] = [];
  if (wants('full-sync') || wants('one-endpoint') || wants('restart')) {
    for (const size of wants('full-sync') ? ascending([...sizes, oldLayout]) : ends) {
      stations.push({
        kind: 'switchyard',
        size: clusterOf(size),
        isRestarted: wants('restart'),
        rounds: roundsAt(size, isQuick ? 50 : 200),
      });
    }
  }
  if (wants('full-sync') || wants('one-endpoint')) {
    for (const size of wants('full-sync') ? sizes : ends) {
      stations.push(kubeProxy('kube-proxy 1.36', size, roundsAt(size, isQuick ? 5 : 10)));
    }
  }
  if (wants('full-sync')) stations.push(kubeProxy('kube-proxy 1.35', oldLayout, 0));
  if (wants('thinking')) stations.push({ kind: 'thinking', size: clusterOf(services) });
  if (wants('live-agent')) {
    for (const options of isQuick ? quickLiveAgents(services) : liveAgents(services)) {
      stations.push({ kind: 'live-agent', options });
    }
  }
  return stations;
}

// --- internal ---

/** Sizes below the largest one, in Services. */
const SIZES = [100, 1_000];

const ENDPOINTS = 10;

/** The agent has looked after its table once by then. */
const SETTLING_MS = 6_000;

function clusterOf(services: number): ClusterSize {
  return { services, endpoints: ENDPOINTS };
}

function kubeProxy(layout: KubeProxyOptions['layout'], size: number, rounds: number): Station {
  return { kind: 'kube-proxy', options: { layout, size: clusterOf(size), rounds } };
}

/**
 * Starts at every size, changes in a small and in the largest cluster. Both minimum intervals between
 * syncs count where they matter: 0 shows how fast a change can be, and 1 s is the default.
 */
function liveAgents(services: number): LiveAgentOptions[] {
  const small = Math.min(services, 100);
  const busy = { changesPerSecond: 100, seconds: 10 };
  const idle = { changesPerSecond: 0, seconds: 20 };
  return [
    ...[10, 1_000]
      .filter((size) => size < services)
      .map((size) => liveAgent(size, { minSyncSeconds: 1 })),
    liveAgent(small, { minSyncSeconds: 0, rounds: 200 }),
    liveAgent(small, { minSyncSeconds: 1, rounds: 20 }),
    liveAgent(services, { minSyncSeconds: 0, rounds: 200, loads: [busy] }),
    liveAgent(services, { minSyncSeconds: 1, rounds: 20, loads: [idle, busy] }),
  ];
}

function quickLiveAgents(services: number): LiveAgentOptions[] {
  const loads = [0, 100].map((changesPerSecond) => ({ changesPerSecond, seconds: 3 }));
  return [liveAgent(services, { minSyncSeconds: 0, rounds: 50, loads })];
}

function liveAgent(
  size: number,
  options: Pick<LiveAgentOptions, 'minSyncSeconds'> & Partial<LiveAgentOptions>,
): LiveAgentOptions {
  return { rounds: 0, loads: [], settlingMs: SETTLING_MS, ...options, size: clusterOf(size) };
}

/** Each once, from the smallest. */
function ascending(sizes: readonly number[]): number[] {
  return [...new Set(sizes)].sort((a, b) => a - b);
}
