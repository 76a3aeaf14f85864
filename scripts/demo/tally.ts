import { type Outcome, answeredCount } from './outcome.ts';

/** Adds up what happened in the whole show, and notes whatever should not have. */
export class Tally {
  readonly #problems: string[] = [];
  #connections = 0;
  #failed = 0;

  /** Every connection that was made, as expected or not. */
  get connections(): number {
    return this.#connections;
  }

  /** Those that were not answered and should have been. */
  get failed(): number {
    return this.#failed;
  }

  /** What should not have happened, a sentence each. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Adds connections that should all have been answered, by these pods and by no others. */
  add(what: string, outcome: Outcome, expectedPods: readonly string[]): void {
    this.#connections += answeredCount(outcome) + outcome.failed;
    this.#failed += outcome.failed;
    if (outcome.failed > 0) this.problem(`${what}: ${outcome.failed} connections failed`);
    for (const [pod, count] of Object.entries(outcome.answeredBy)) {
      if (!expectedPods.includes(pod)) {
        this.problem(`${what}: ${pod} answered ${count} connections and should not have`);
      }
    }
  }

  /** Notes pods that should have had their share of the connections and had none. */
  requireAll(what: string, { answeredBy }: Outcome, pods: readonly string[]): void {
    for (const pod of pods) {
      if (answeredBy[pod] === undefined) this.problem(`${what}: ${pod} answered no connections`);
    }
  }

  /** Adds connections that should all have been refused, and of which so many were. */
  addRefused(what: string, count: number, refused: number): void {
    this.#connections += count;
    if (refused < count) this.problem(`${what}: ${count - refused} connections were not refused`);
  }

  /** Notes something else that should not have happened. */
  problem(sentence: string): void {
    this.#problems.push(sentence);
  }
}
