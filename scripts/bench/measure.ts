/**
 * Runs one measurement in a process of its own, so that the memory and the warmed-up code of others
 * do not count: `node scripts/bench/measure.ts NAME OPTIONS`, where OPTIONS and the figures on
 * standard output are JSON; on standard error stands why it failed. To be run in a network namespace
 * that nobody else uses.
 */
import type {
  ChangeFigure,
  ClusterSize,
  FullSyncFigure,
  LiveFigures,
  RestartFigure,
  ThinkingFigure,
} from './figures.ts';
import type { FirstPacketFigure } from './iptables-figures.ts';
import { measureFirstPacket, type FirstPacketOptions } from './measurements/first-packet.ts';
import {
  measureIptables,
  type IptablesMeasured,
  type IptablesOptions,
} from './measurements/iptables.ts';
import {
  measureKubeProxy,
  type KubeProxyFigures,
  type KubeProxyOptions,
} from './measurements/kube-proxy.ts';
import { measureLiveAgent, type LiveAgentOptions } from './measurements/live-agent.ts';
import { measureOneEndpoint, type OneEndpointOptions } from './measurements/one-endpoint.ts';
import { measureThinking } from './measurements/thinking.ts';
import { measureUserspace, type UserspaceOptions } from './measurements/userspace.ts';
import type { UserspaceFigures } from './userspace/figures.ts';
import { measureFullSync, measureRestart } from './measurements/whole-sync.ts';

/** Everything that can be measured: from what, and what comes of it. */
export interface Measurements {
  readonly 'full-sync': Measurement<ClusterSize, FullSyncFigure>;
  readonly restart: Measurement<ClusterSize, RestartFigure>;
  readonly 'one-endpoint': Measurement<OneEndpointOptions, readonly ChangeFigure[]>;
  readonly 'kube-proxy': Measurement<KubeProxyOptions, KubeProxyFigures>;
  readonly 'live-agent': Measurement<LiveAgentOptions, LiveFigures>;
  readonly iptables: Measurement<IptablesOptions, IptablesMeasured>;
  readonly 'first-packet': Measurement<FirstPacketOptions, FirstPacketFigure>;
  readonly thinking: Measurement<ClusterSize, readonly ThinkingFigure[]>;
  readonly userspace: Measurement<UserspaceOptions, UserspaceFigures>;
}

// --- internal ---

interface Measurement<Options, Result> {
  readonly options: Options;
  readonly figures: Result;
}

async function measure(name: string, options: string): Promise<unknown> {
  // The only caller is namespace.ts, which knows the types.
  const parsed: unknown = JSON.parse(options);
  switch (name as keyof Measurements) {
    case 'full-sync':
      return measureFullSync(parsed as ClusterSize);
    case 'restart':
      return measureRestart(parsed as ClusterSize);
    case 'one-endpoint':
      return measureOneEndpoint(parsed as OneEndpointOptions);
    case 'kube-proxy':
      return measureKubeProxy(parsed as KubeProxyOptions);
    case 'live-agent':
      return measureLiveAgent(parsed as LiveAgentOptions);
    case 'iptables':
      return measureIptables(parsed as IptablesOptions);
    case 'first-packet':
      return measureFirstPacket(parsed as FirstPacketOptions);
    case 'thinking':
      return measureThinking(parsed as ClusterSize);
    case 'userspace':
      return measureUserspace(parsed as UserspaceOptions);
  }
}

if (import.meta.main) {
  const [name = '', options = ''] = process.argv.slice(2);
  try {
    process.stdout.write(JSON.stringify(await measure(name, options)));
  } catch (error) {
    process.stderr.write(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
