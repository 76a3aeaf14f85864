/** A stopwatch on every run of nft or iptables. */
import type { RunNft } from '../../agent/kernel/nft-process.ts';
import type { RunProgram } from '../../agent/kernel/program.ts';

/** One run of a program. Times are those of `performance.now()`. */
export interface ProgramRun {
  /** Whether it applied a transaction; else it listed something. */
  readonly isTransaction: boolean;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** A program with its runs written down. */
export interface Timed<Run> {
  readonly run: Run;
  /** The runs since the last call, in order. */
  readonly takeRuns: () => ProgramRun[];
}

/** Times the runs of nft. */
export function timeRuns(run: RunNft): Timed<RunNft> {
  const { time, takeRuns } = startLog();
  return { run: (args, input) => time(args.includes('-f'), () => run(args, input)), takeRuns };
}

/** Times the runs of iptables' programs. */
export function timePrograms(run: RunProgram): Timed<RunProgram> {
  const { time, takeRuns } = startLog();
  return {
    run: (program, args, input) =>
      time(program.endsWith('-restore'), () => run(program, args, input)),
    takeRuns,
  };
}

/** How long they took in all, in milliseconds. */
export function totalMsOf(runs: readonly ProgramRun[]): number {
  return runs.reduce((sum, { startedMs, endedMs }) => sum + endedMs - startedMs, 0);
}

// --- internal ---

interface RunLog extends Pick<Timed<never>, 'takeRuns'> {
  readonly time: <T>(isTransaction: boolean, work: () => Promise<T>) => Promise<T>;
}

function startLog(): RunLog {
  let runs: ProgramRun[] = [];
  return {
    async time(isTransaction, work) {
      const startedMs = performance.now();
      const result = await work();
      runs.push({ isTransaction, startedMs, endedMs: performance.now() });
      return result;
    },
    takeRuns() {
      const taken = runs;
      runs = [];
      return taken;
    },
  };
}
