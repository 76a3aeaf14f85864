/** What the benchmarks find out: the JSON document of `npm run bench -- --json`. */
import type { Machine } from './machine.ts';

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

/** A whole run; a benchmark that was left out is empty. */
export interface Figures {
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
  readonly machine: Machine;
  readonly fullSync: readonly FullSyncFigure[];
  readonly oneEndpoint: readonly ChangeFigure[];
  readonly restart: readonly RestartFigure[];
  readonly thinking: readonly ThinkingFigure[];
}
