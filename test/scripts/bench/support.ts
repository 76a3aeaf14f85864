/** Figures with made-up numbers. */
import type {
  ChangeFigure,
  Figures,
  FullSyncFigure,
  LiveChangeFigure,
  LiveStartFigure,
} from '../../../scripts/bench/figures.ts';
import type {
  ChainChangeFigure,
  ChainSyncFigure,
  FirstPacketFigure,
} from '../../../scripts/bench/iptables-figures.ts';

export function makeFigures(fields: Partial<Figures> = {}): Figures {
  return {
    machine: {
      date: '2026-01-31',
      cpu: 'Test CPU',
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      kernel: '6.18.0',
      nft: '1.0.6',
      node: '24.0.0',
    },
    failures: [],
    fullSync: [],
    oneEndpoint: [],
    restart: [],
    thinking: [],
    chainSync: [],
    chainChange: [],
    firstPacket: [],
    liveStart: [],
    liveChange: [],
    liveLoad: [],
    userspace: [],
    ...fields,
  };
}

export function makeFullSync(fields: Partial<FullSyncFigure> = {}): FullSyncFigure {
  return {
    layout: 'switchyard',
    services: 10_000,
    endpoints: 10,
    seconds: 2,
    nftSeconds: 1.5,
    agentPeakBytes: 380e6,
    nftPeakBytes: 250e6,
    ...fields,
  };
}

/** kube-proxy's, which has no agent. */
export function makeBaseline(seconds: number): FullSyncFigure {
  return {
    layout: 'kube-proxy 1.36',
    services: 10_000,
    endpoints: 10,
    seconds,
    nftSeconds: seconds,
    nftPeakBytes: 250e6,
  };
}

export function makeChange(fields: Partial<ChangeFigure> = {}): ChangeFigure {
  return {
    layout: 'switchyard',
    change: 'replace',
    services: 10_000,
    endpoints: 10,
    rounds: 200,
    sentP50: 0.4,
    committedP50: 5,
    committedP99: 9,
    endedP50: 19,
    endedP99: 30,
    ...fields,
  };
}

export function makeLiveStart(fields: Partial<LiveStartFigure> = {}): LiveStartFigure {
  return {
    services: 10_000,
    endpoints: 10,
    seconds: 4,
    agentBytes: 360e6,
    agentPeakBytes: 390e6,
    nftPeakBytes: 250e6,
    ...fields,
  };
}

export function makeLiveChange(fields: Partial<LiveChangeFigure> = {}): LiveChangeFigure {
  return {
    services: 10_000,
    endpoints: 10,
    minSyncSeconds: 0,
    rounds: 200,
    committedP50: 8,
    committedP99: 20,
    landedP50: 9,
    landedP99: 21,
    ...fields,
  };
}

export function makeChainSync(fields: Partial<ChainSyncFigure> = {}): ChainSyncFigure {
  return {
    layout: 'switchyard',
    variant: 'legacy',
    services: 10_000,
    endpoints: 10,
    foreignRules: 0,
    seconds: 2,
    iptablesSeconds: 1.5,
    ...fields,
  };
}

export function makeChainChange(fields: Partial<ChainChangeFigure> = {}): ChainChangeFigure {
  return {
    layout: 'switchyard',
    variant: 'nft',
    services: 10_000,
    endpoints: 10,
    rounds: 50,
    sentP50: 0.4,
    committedP50: 20,
    committedP99: 25,
    endedP50: 30,
    ...fields,
  };
}

export function makeFirstPacket(fields: Partial<FirstPacketFigure> = {}): FirstPacketFigure {
  return {
    rules: 'switchyard, iptables-nft',
    services: 30_000,
    endpoints: 2,
    flows: 20_000,
    p50: 10,
    p99: 20,
    ...fields,
  };
}
