/** What the benchmarks find out: the JSON document of `npm run bench -- --json`. */
import type { IptablesFigures } from './iptables-figures.ts';
import type { Machine } from './machine.ts';
import type { UserspaceFigures } from './userspace/figures.ts';

/** A cluster of ClusterIP Services with one port each. */
export interface ClusterSize {
  readonly services: number;
  /** Endpoints of each Service. */
  readonly endpoints: number;
}

/** Whose table it is. kube-proxy's has a chain per Service since 1.36, and had one per endpoint too. */
export type Layout = 'switchyard' | 'kube-proxy 1.36' | 'kube-proxy 1.35';

/** The whole cluster, from parsed objects (kube-proxy: from finished text) to a right table. */
export interface WholeSyncFigure extends ClusterSize {
  readonly seconds: number;
  /** Of these, how many nft took; the others are the agent's thinking. */
  readonly nftSeconds: number;
  /** Peak memory of the largest nft child. */
  readonly nftPeakBytes: number;
}

/** A sync into an empty kernel. */
export interface FullSyncFigure extends WholeSyncFigure {
  readonly layout: Layout;
  /** Peak memory of the measuring process; absent for kube-proxy, of which only the text is here. */
  readonly agentPeakBytes?: number;
}

/** A sync of a new process into a table that is right already. */
export interface RestartFigure extends WholeSyncFigure {
  readonly agentPeakBytes: number;
  /** How many elements differed: should be 0. */
  readonly elementsSent: number;
}

/** What happens to one endpoint of one Service. */
export type ChangeKind = 'replace' | 'add' | 'remove';

/** One endpoint changed in a standing table. All times from the event on, in milliseconds. */
export interface ChangeFigure extends ClusterSize {
  readonly layout: Layout;
  readonly change: ChangeKind;
  readonly rounds: number;
  /** Until nft gets the transaction: thinking, and for kube-proxy listing. The median. */
  readonly sentP50: number;
  /** Until the kernel has committed, as `nft monitor` sees it. */
  readonly committedP50: number;
  readonly committedP99: number;
  /** Until nft has ended. */
  readonly endedP50: number;
  readonly endedP99: number;
}

/** One step of the agent's own work, without a kernel. */
export interface ThinkingFigure {
  readonly step: string;
  /** The median. */
  readonly ms: number;
}

/** The start of the bundled agent, from its process's first moment to a table that is right. */
export interface LiveStartFigure extends ClusterSize {
  readonly seconds: number;
  /** Resident memory of the agent's process some seconds later. */
  readonly agentBytes: number;
  readonly agentPeakBytes: number;
  /** Peak memory of the largest nft child. */
  readonly nftPeakBytes: number;
}

/** Which agent it is. */
export interface LiveSubject extends ClusterSize {
  /** The shortest time between two syncs; 1 is the default. */
  readonly minSyncSeconds: number;
}

/** One endpoint replaced through the API. All times from the event on, in milliseconds. */
export interface LiveChangeFigure extends LiveSubject {
  readonly rounds: number;
  /** Until the kernel has committed, as `nft monitor` sees it. */
  readonly committedP50: number;
  readonly committedP99: number;
  /** Until a connection lands at the new endpoint. */
  readonly landedP50: number;
  readonly landedP99: number;
}

/** What the agent takes while the cluster changes so often. */
export interface LiveLoadFigure extends LiveSubject {
  readonly changesPerSecond: number;
  readonly seconds: number;
  /** CPU seconds a second of the agent's process. */
  readonly agentCpu: number;
  /** The same of its children: nft. */
  readonly childrenCpu: number;
  /** How many requests the API server got meanwhile. */
  readonly requests: number;
}

/** All of it about the bundled agent that follows an API server. */
export interface LiveFigures {
  readonly liveStart: readonly LiveStartFigure[];
  readonly liveChange: readonly LiveChangeFigure[];
  readonly liveLoad: readonly LiveLoadFigure[];
}

/** A whole run; a benchmark that was left out is empty. */
export interface Figures extends LiveFigures, IptablesFigures {
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
  readonly machine: Machine;
  readonly fullSync: readonly FullSyncFigure[];
  readonly oneEndpoint: readonly ChangeFigure[];
  readonly restart: readonly RestartFigure[];
  readonly thinking: readonly ThinkingFigure[];
  /** One, or none. */
  readonly userspace: readonly UserspaceFigures[];
}
