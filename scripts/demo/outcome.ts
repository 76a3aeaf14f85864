/** What became of a number of connections. */
import type { ConnectResult, LoadReport } from '../world/host/protocol.ts';

/** How many connections ended how. */
export interface Outcome {
  /** How many each host answered. */
  readonly answeredBy: Readonly<Record<string, number>>;
  readonly failed: number;
}

/** The outcome of single connections. */
export function outcomeOf(results: readonly ConnectResult[]): Outcome {
  const answered = results.filter((result) => result.outcome === 'answered');
  const perHost = answered.map(({ by }) => ({ [by]: 1 }));
  return { answeredBy: sumByName(perHost), failed: results.length - answered.length };
}

/** The outcome of several loads together. */
export function outcomeOfLoads(reports: readonly LoadReport[]): Outcome {
  return {
    answeredBy: sumByName(reports.map(({ answeredBy }) => answeredBy)),
    failed: reports.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/** What came after `earlier`, of which `later` is the continuation; only hosts that answered since. */
export function outcomeSince(later: Outcome, earlier: Outcome): Outcome {
  const answered = Object.entries(later.answeredBy)
    .map(([name, count]) => [name, count - (earlier.answeredBy[name] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return { answeredBy: Object.fromEntries(answered), failed: later.failed - earlier.failed };
}

/** How many were answered, by whomever. */
export function answeredCount({ answeredBy }: Outcome): number {
  return Object.values(answeredBy).reduce((sum, count) => sum + count, 0);
}

// --- internal ---

function sumByName(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const record of records) {
    for (const [name, count] of Object.entries(record)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}
