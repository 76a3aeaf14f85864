/** Packets that the kernel has counted: looked up when somebody asks, by kube-proxy's names. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PacketCount } from '../../rules/iptables/counted-rules.ts';
import { KernelError } from '../kernel/kernel-error.ts';
import type { Proxier } from '../sync/proxier.ts';
import type { NameOf } from './metric-table.ts';
import type { Metrics } from './metrics.ts';

/** What is asked. */
export type PacketSource = Pick<Proxier, 'packetCounts'>;

/** Fills the metrics of packets: each is there once it was read. */
export class PacketMetrics {
  readonly #metrics: Metrics;
  readonly #sources: readonly PacketSource[];
  readonly #wait: () => Promise<unknown>;
  #reading: Promise<void> | undefined;

  /** `wait` ends when an answer has waited long enough. */
  constructor(
    metrics: Metrics,
    sources: readonly PacketSource[],
    wait: () => Promise<unknown> = waitLongEnough,
  ) {
    this.#metrics = metrics;
    this.#sources = sources;
    this.#wait = wait;
    for (const name of Object.values(NAMES)) metrics.remove(name, {});
  }

  /** Reads them; what cannot be read, or not in time, stays as it was. */
  async lookUp(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await Promise.race([this.#reading, this.#wait()]);
  }

  async #read(): Promise<void> {
    try {
      const counts = await Promise.all(this.#sources.map(async (each) => each.packetCounts?.()));
      for (const name of Object.keys(NAMES) as PacketCount[]) {
        const values = counts.flatMap((each) => each?.get(name) ?? []);
        if (values.length > 0) this.#metrics.setTotal(NAMES[name], {}, sum(values));
      }
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
    }
  }
}

// --- internal ---

/** kube-proxy's limit. A program that changes the legacy tables may hold their lock for longer. */
const MAX_WAIT_MS = 2_000;

/** As of kube-proxy, one counter for both families. */
const NAMES = {
  'invalid dropped': 'kubeproxy_iptables_ct_state_invalid_dropped_packets_total',
  'localhost accepted': 'kubeproxy_iptables_localhost_nodeports_accepted_packets_total',
} as const satisfies Readonly<Record<PacketCount, NameOf<'counter'>>>;

function waitLongEnough(): Promise<void> {
  return sleep(MAX_WAIT_MS, undefined, { ref: false });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
