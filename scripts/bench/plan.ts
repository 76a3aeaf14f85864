/** Which measurements a run consists of. */
import type { ClusterSize } from './figures.ts';
import { FIRST_PACKET_RULES } from './iptables-figures.ts';
import type { FirstPacketOptions } from './measurements/first-packet.ts';
import type { IptablesOptions } from './measurements/iptables.ts';
import type { KubeProxyOptions } from './measurements/kube-proxy.ts';
import type { LiveAgentOptions } from './measurements/live-agent.ts';
import type { UserspaceOptions } from './measurements/userspace.ts';
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
  | { readonly kind: 'live-agent'; readonly options: LiveAgentOptions }
  | { readonly kind: 'iptables'; readonly options: IptablesOptions }
  | { readonly kind: 'first-packet'; readonly options: FirstPacketOptions }
  | { readonly kind: 'userspace'; readonly options: UserspaceOptions };

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
  if (wants('iptables')) {
    for (const options of iptablesRuns(services, isQuick)) {
      stations.push({ kind: 'iptables', options });
    }
  }
  if (wants('first-packet')) {
    for (const options of firstPackets(services, isQuick)) {
      stations.push({ kind: 'first-packet', options });
    }
  }
  if (wants('userspace'))
    stations.push({ kind: 'userspace', options: { scale: isQuick ? 'quick' : 'whole' } });
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

/** Endpoints do not matter much to a packet, and this many Services take long to load with ten each. */
const FIRST_PACKET_ENDPOINTS = 2;

function firstPackets(services: number, isQuick: boolean): FirstPacketOptions[] {
  const largest = isQuick ? services : services * 3;
  const sizes = ascending([1, 1_000, services, largest].filter((size) => size <= largest));
  return sizes.flatMap((size) =>
    // Without rules the number of Services does not matter.
    FIRST_PACKET_RULES.filter((rules) => rules !== 'none' || size === 1).map((rules) => ({
      rules,
      size: { services: size, endpoints: FIRST_PACKET_ENDPOINTS },
      flows: isQuick ? 5_000 : 20_000,
    })),
  );
}

/**
 * First syncs of the largest cluster, with one endpoint changed afterwards as in a small one.
 * kube-proxy's in the nft variant are measured at a size that ends within a minute, beside ours.
 */
function iptablesRuns(services: number, isQuick: boolean): IptablesOptions[] {
  const small = Math.min(services, 100);
  const bounded = Math.min(services, isQuick ? 500 : 2_000);
  const [many, few] = isQuick ? [20, 3] : [50, 8];
  return (['legacy', 'nft'] as const).flatMap((variant) =>
    (['switchyard', 'kube-proxy'] as const).flatMap((layout) => {
      const isBounded = variant === 'nft' && bounded < services;
      const run = (size: number, more: Partial<IptablesOptions>): IptablesOptions => ({
        ...{ layout, variant, size: clusterOf(size) },
        ...{ isPopulated: false, isSyncMeasured: true, rounds: 0 },
        ...more,
      });
      const isSlow = isBounded && layout === 'kube-proxy';
      return [
        run(small, { isSyncMeasured: false, rounds: layout === 'switchyard' ? many : few }),
        ...(isBounded ? [run(bounded, {}), run(bounded, { isPopulated: true })] : []),
        // In the legacy variant each change of a large cluster takes as long as all of it.
        run(services, {
          isSyncMeasured: !isSlow,
          rounds: layout === 'switchyard' && variant === 'nft' ? many : few,
        }),
        ...(isSlow ? [] : [run(services, { isPopulated: true })]),
      ];
    }),
  );
}

/** Each once, from the smallest. */
function ascending(sizes: readonly number[]): number[] {
  return [...new Set(sizes)].sort((a, b) => a - b);
}
