/**
 * A histogram of what somebody else has counted. The library's own costs some microseconds for each
 * value, which a proxy that carries thousands of connections a second does not have.
 */

/** How many values are in each bucket, one without a bound last, and their sum. */
export interface HistogramTotals {
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Answers in the form that the library's registry writes out. */
export class LookedUpHistogram {
  readonly name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<
    string,
    { readonly labels: Labels; readonly totals: HistogramTotals }
  >();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  set(labels: Labels, totals: HistogramTotals): void {
    this.#series.set(keyOf(labels), { labels, totals });
  }

  remove(labels: Labels): void {
    this.#series.delete(keyOf(labels));
  }

  /** What the registry asks for. */
  get(): Promise<object> {
    const values = [...this.#series.values()].flatMap(({ labels, totals }) =>
      this.#valuesOf(labels, totals),
    );
    return Promise.resolve({ name: this.name, help: this.#help, type: 'histogram', values });
  }

  #valuesOf(labels: Labels, { counts, sum }: HistogramTotals): object[] {
    let count = 0;
    const buckets = counts.map((inBucket, i) => {
      count += inBucket;
      const le = String(this.#bounds[i] ?? '+Inf');
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}

// --- internal ---

type Labels = Readonly<Record<string, string>>;

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort());
}
