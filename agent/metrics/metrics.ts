/**
 * The agent's metrics, counted and written out. The only file that knows the library behind it.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { LookedUpHistogram, type HistogramTotals } from './looked-up-histogram.ts';
import {
  METRICS,
  type LabelsOf,
  type MetricDefinition,
  type MetricName,
  type NameOf,
} from './metric-table.ts';

/** The metrics of the table, for as long as an agent runs. */
export interface Metrics {
  /** Adds to a counter. */
  increase<Name extends NameOf<'counter'>>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  /** Sets a gauge. */
  set<Name extends NameOf<'gauge'>>(name: Name, labels: LabelsOf<Name>, value: number): void;
  /** Sets a counter to what somebody else has counted. */
  setTotal<Name extends NameOf<'counter'>>(name: Name, labels: LabelsOf<Name>, total: number): void;
  /** Puts a value into a histogram. */
  observe<Name extends NameOf<'histogram'>>(
    name: Name,
    labels: LabelsOf<Name>,
    value: number,
  ): void;
  /** Sets a histogram that is looked up to what somebody else has counted. */
  setHistogram<Name extends NameOf<'histogram'>>(
    name: Name,
    labels: LabelsOf<Name>,
    totals: HistogramTotals,
  ): void;
  /** Takes away what was counted with these labels: what they name does not exist any more. */
  remove<Name extends MetricName>(name: Name, labels: LabelsOf<Name>): void;
  /** Everything in Prometheus' text format. */
  text(): Promise<string>;
  /** The media type of that text. */
  readonly contentType: string;
}

/** Metrics of which nothing was counted. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  const lookedUp = new Map<string, LookedUpHistogram>();
  const definitions: Readonly<Record<string, MetricDefinition>> = METRICS;
  for (const [name, definition] of Object.entries(definitions)) {
    const { type, help, labels, buckets = [], isLookedUp = false } = definition;
    if (isLookedUp) {
      const histogram = new LookedUpHistogram(name, help, buckets);
      lookedUp.set(name, histogram);
      // All that the registry asks of a metric is its name and `get`.
      registry.registerMetric(histogram as unknown as Histogram);
      continue;
    }
    const configuration = { name, help, labelNames: labels, registers: [registry] };
    switch (type) {
      case 'counter':
        counters.set(name, new Counter(configuration));
        break;
      case 'gauge':
        gauges.set(name, new Gauge(configuration));
        break;
      case 'histogram':
        histograms.set(name, new Histogram({ ...configuration, buckets: [...buckets] }));
        break;
    }
  }
  return {
    increase(name, labels, by = 1) {
      counters.get(name)?.inc(labels, by);
    },
    set(name, labels, value) {
      gauges.get(name)?.set(labels, value);
    },
    setTotal(name, labels, total) {
      const counter = counters.get(name);
      counter?.remove(labels);
      counter?.inc(labels, total);
    },
    observe(name, labels, value) {
      histograms.get(name)?.observe(labels, value);
    },
    setHistogram(name, labels, totals) {
      lookedUp.get(name)?.set(labels, totals);
    },
    remove(name, labels) {
      lookedUp.get(name)?.remove(labels);
      counters.get(name)?.remove(labels);
      gauges.get(name)?.remove(labels);
      histograms.get(name)?.remove(labels);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
