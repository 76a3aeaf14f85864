/** A stopwatch on every run of nft. */
import type { RunNft } from '../../agent/kernel/nft-process.ts';

/** One run of nft. Times are those of `performance.now()`. */
export interface NftRun {
  /** Whether it applied a transaction; else it listed something. */
  readonly isTransaction: boolean;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** nft with its runs written down. */
export interface TimedNft {
  readonly run: RunNft;
  /** The runs since the last call, in order. */
  takeRuns(): NftRun[];
}

/** Times the runs of nft. */
export function timeRuns(run: RunNft): TimedNft {
  let runs: NftRun[] = [];
  return {
    async run(args, input) {
      const startedMs = performance.now();
      const result = await run(args, input);
      runs.push({ isTransaction: args.includes('-f'), startedMs, endedMs: performance.now() });
      return result;
    },
    takeRuns() {
      const taken = runs;
      runs = [];
      return taken;
    },
  };
}

/** How long nft ran in all, in milliseconds. */
export function totalMsOf(runs: readonly NftRun[]): number {
  return runs.reduce((sum, { startedMs, endedMs }) => sum + endedMs - startedMs, 0);
}
