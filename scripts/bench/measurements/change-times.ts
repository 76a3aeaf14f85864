/** The times of one endpoint's change, and what they come to over many rounds. */
import type { ChangeFigure, ChangeKind, ClusterSize, Layout } from '../figures.ts';
import { median, percentile } from '../statistics.ts';

/** One round, in milliseconds from the event on. */
export interface ChangeTimes {
  /** Until nft gets the transaction. */
  readonly sentMs: number;
  /** Until the kernel has committed. */
  readonly committedMs: number;
  /** Until nft has ended. */
  readonly endedMs: number;
}

/** Medians and the like of some rounds, in milliseconds. */
export type ChangeQuantiles = Pick<
  ChangeFigure,
  'rounds' | 'sentP50' | 'committedP50' | 'committedP99' | 'endedP50'
>;

/** What was changed in which table. */
export interface ChangeSubject extends ClusterSize {
  readonly layout: Layout;
  readonly change: ChangeKind;
}

/** Sums up the rounds; throws when there are none. */
export function changeFigure(subject: ChangeSubject, rounds: readonly ChangeTimes[]): ChangeFigure {
  const ended = rounds.map(({ endedMs }) => endedMs);
  return { ...subject, ...changeQuantiles(rounds), endedP99: percentile(ended, 0.99) };
}

/** What every kind of change is summed up to; throws when there are no rounds. */
export function changeQuantiles(rounds: readonly ChangeTimes[]): ChangeQuantiles {
  const committed = rounds.map(({ committedMs }) => committedMs);
  return {
    rounds: rounds.length,
    sentP50: median(rounds.map(({ sentMs }) => sentMs)),
    committedP50: median(committed),
    committedP99: percentile(committed, 0.99),
    endedP50: median(rounds.map(({ endedMs }) => endedMs)),
  };
}
