/**
 * What happens in the agent, as metrics. Events are counted as they come; what merely is the case is
 * looked up when somebody asks for the metrics.
 */
import type { IpFamily } from '../../rules/ip.ts';
import { METHODS } from '../cluster/api/api-client.ts';
import type { ApiObserver, ApiVerb } from '../cluster/api/observer.ts';
import type { ClusterView } from '../cluster/cluster-view.ts';
import type { LocatedProblem } from '../cluster/problems.ts';
import type { Freshness } from '../cluster/source.ts';
import type { ReloadResult } from '../config/config-follower.ts';
import type { ProxyMode } from '../config/proxy-mode.ts';
import type { FlowObserver } from '../conntrack/flow-cleaner.ts';
import type { EventResult } from '../events/event-recorder.ts';
import type { HealthPath } from '../health/health-answers.ts';
import type { FamilySync, ProxyObserver } from '../proxy-observer.ts';
import type { Applied, Proxier } from '../sync/proxier.ts';
import type { UserspaceProxy } from '../userspace/interface.ts';
import type { Metrics } from './metrics.ts';
import { PacketMetrics } from './packet-metrics.ts';
import { countPorts } from './port-counts.ts';
import { UserspaceMetrics } from './userspace-metrics.ts';

/** Where numbers are looked up. */
export interface MetricSources {
  readonly view: ClusterView;
  readonly freshness: () => readonly Freshness[];
  /** One a family. */
  readonly proxiers: readonly Pick<
    Proxier,
    'family' | 'quarantined' | 'ruleCounts' | 'packetCounts' | 'localhostListeners'
  >[];
  readonly mode: ProxyMode;
  /** What carries connections in userspace, where something does. */
  readonly userspace?: Pick<UserspaceProxy, 'counters'>;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Fills metrics. */
export class AgentMetrics implements ProxyObserver, ApiObserver, FlowObserver {
  /** What the userspace proxy tells. */
  readonly userspace: UserspaceMetrics;
  readonly #metrics: Metrics;
  readonly #packets: PacketMetrics;
  readonly #sources: MetricSources;
  readonly #startedAtMs: number;

  constructor(metrics: Metrics, sources: MetricSources) {
    this.userspace = new UserspaceMetrics(metrics);
    this.#metrics = metrics;
    this.#packets = new PacketMetrics(metrics, sources.proxiers);
    this.#sources = sources;
    this.#startedAtMs = sources.now();
    this.#beginAtZero();
    metrics.set(
      'switchyard_build_info',
      { version: sources.version, node_version: process.version },
      1,
    );
    metrics.set('process_start_time_seconds', {}, performance.timeOrigin / 1000);
  }

  queued(): void {
    const now = this.#sources.now() / 1000;
    for (const ip_family of this.#families()) {
      this.#metrics.set(
        'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
        { ip_family },
        now,
      );
    }
  }

  synced({ family, elapsedMs, isFull, error, triggeredAtMs }: FamilySync): void {
    const metrics = this.#metrics;
    const labels = { ip_family: family };
    const now = this.#sources.now();
    const kind = isFull ? 'full' : 'partial';
    metrics.observe('kubeproxy_sync_proxy_rules_duration_seconds', labels, elapsedMs / 1000);
    metrics.observe(
      `kubeproxy_sync_${kind}_proxy_rules_duration_seconds`,
      labels,
      elapsedMs / 1000,
    );
    if (error !== undefined) {
      metrics.increase(SYNC_FAILURES[this.#sources.mode], labels);
      return;
    }
    metrics.set('kubeproxy_sync_proxy_rules_last_timestamp_seconds', labels, now / 1000);
    for (const atMs of triggeredAtMs) {
      // What happened before the agent was there says nothing about it (behaviour document, 1.6).
      if (atMs < this.#startedAtMs) continue;
      const seconds = Math.max(0, now - atMs) / 1000;
      metrics.observe('kubeproxy_network_programming_duration_seconds', labels, seconds);
    }
  }

  applied({ family, ...counts }: Applied): void {
    for (const change of ['added', 'replaced', 'removed'] as const) {
      const labels = { ip_family: family, change };
      this.#metrics.increase('switchyard_elements_sent_total', labels, counts[change]);
    }
  }

  repairing(family: IpFamily, wasRefused: boolean): void {
    const labels = { ip_family: family };
    this.#metrics.increase('switchyard_table_repairs_total', labels);
    if (this.#sources.mode === 'iptables' && wasRefused) {
      this.#metrics.increase(PARTIAL_RESTORE_FAILURES, labels);
    }
  }

  collectFailed(family: IpFamily): void {
    const labels = { ip_family: family };
    this.#metrics.increase(TABLE_CLEANUP_FAILURES, labels);
  }

  answered(verb: ApiVerb, kind: string, status: number | undefined): void {
    const code = status === undefined ? NO_ANSWER : String(status);
    this.#metrics.increase('rest_client_requests_total', { code, method: METHODS[verb] });
    this.#metrics.increase('switchyard_api_requests_total', { verb, kind, code });
  }

  /** Counts an answer on the health address. */
  healthAnswered(path: HealthPath, status: number): void {
    const name = path === '/healthz' ? 'healthz' : 'livez';
    this.#metrics.increase(`kubeproxy_proxy_${name}_total`, { code: String(status) });
  }

  /** Counts a changed configuration file. */
  configReloaded(result: ReloadResult): void {
    this.#metrics.increase('switchyard_config_reloads_total', { result });
  }

  /** Counts something wrong in the input; one of a file as a whole counts as `file`. */
  problem({ object }: LocatedProblem): void {
    const kind = object === '' ? 'file' : object.slice(0, object.indexOf(' '));
    this.#metrics.increase('switchyard_input_problems_total', { kind });
  }

  cleaned(family: IpFamily, removed: number, elapsedMs: number): void {
    const labels = { ip_family: family };
    const seconds = elapsedMs / 1000;
    this.#metrics.observe('kubeproxy_conntrack_reconciler_sync_duration_seconds', labels, seconds);
    this.#metrics.increase('kubeproxy_conntrack_reconciler_deleted_entries_total', labels, removed);
  }

  cleanFailed(family: IpFamily): void {
    this.#metrics.increase('switchyard_conntrack_failures_total', { ip_family: family });
  }

  /** Counts what became of an event. */
  eventCounted(result: EventResult): void {
    this.#metrics.increase('switchyard_events_total', { result });
  }

  /** Everything in Prometheus' text format, now. */
  async text(): Promise<string> {
    this.#lookUpView();
    this.#lookUpFreshness();
    this.#lookUpProcess();
    await this.#packets.lookUp();
    this.userspace.lookUp(this.#sources.userspace?.counters() ?? []);
    return await this.#metrics.text();
  }

  /** The media type of that text. */
  get contentType(): string {
    return this.#metrics.contentType;
  }

  #families(): readonly IpFamily[] {
    return this.#sources.proxiers.map(({ family }) => family);
  }

  /** A counter that appears with its first failure has no rate at the moment that matters. */
  #beginAtZero(): void {
    for (const ip_family of this.#families()) {
      for (const name of [...COUNTERS_BY_FAMILY, ...COUNTERS_BY_MODE[this.#sources.mode]]) {
        this.#metrics.increase(name, { ip_family }, 0);
      }
    }
    for (const result of ['written', 'dropped']) {
      this.#metrics.increase('switchyard_events_total', { result }, 0);
    }
    for (const result of ['applied', 'refused']) {
      this.#metrics.increase('switchyard_config_reloads_total', { result }, 0);
    }
  }

  #lookUpView(): void {
    const metrics = this.#metrics;
    const { view, proxiers } = this.#sources;
    const { services, slices } = view.changeCounts;
    metrics.set('kubeproxy_sync_proxy_rules_service_changes_pending', {}, services.pending);
    metrics.setTotal('kubeproxy_sync_proxy_rules_service_changes_total', {}, services.total);
    metrics.set('kubeproxy_sync_proxy_rules_endpoint_changes_pending', {}, slices.pending);
    metrics.setTotal('kubeproxy_sync_proxy_rules_endpoint_changes_total', {}, slices.total);
    metrics.set('switchyard_services', {}, view.serviceCount);
    metrics.set('switchyard_conflicts', {}, view.conflicts().length);
    const counts = countPorts(view.allPorts().values());
    for (const proxier of proxiers) {
      const { family: ip_family, quarantined, localhostListeners = 0 } = proxier;
      for (const { table, total, last } of proxier.ruleCounts?.() ?? []) {
        const labels = { table, ip_family };
        metrics.set('kubeproxy_sync_proxy_rules_iptables_total', labels, total);
        metrics.set('kubeproxy_sync_proxy_rules_iptables_last', labels, last);
      }
      const { ports, endpoints, withoutLocal } = counts[ip_family];
      metrics.set('switchyard_service_ports', { ip_family }, ports);
      metrics.set('switchyard_endpoints', { ip_family }, endpoints);
      metrics.set(
        'kubeproxy_nftables_localhost_nodeport_listeners',
        { ip_family },
        localhostListeners,
      );
      metrics.set('switchyard_quarantined_services', { ip_family }, quarantined.length);
      for (const traffic_policy of ['internal', 'external'] as const) {
        metrics.set(
          'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
          { traffic_policy, ip_family },
          withoutLocal[traffic_policy],
        );
      }
    }
  }

  #lookUpFreshness(): void {
    for (const { kind, isSynced, viewAgeMs, lastEventAgeMs } of this.#sources.freshness()) {
      if (isSynced) this.#metrics.set('switchyard_view_age_seconds', { kind }, viewAgeMs / 1000);
      if (lastEventAgeMs !== undefined) {
        const seconds = lastEventAgeMs / 1000;
        this.#metrics.set('switchyard_last_event_age_seconds', { kind }, seconds);
      }
    }
  }

  #lookUpProcess(): void {
    const { user, system } = process.cpuUsage();
    this.#metrics.setTotal('process_cpu_seconds_total', {}, (user + system) / 1e6);
    this.#metrics.set('process_resident_memory_bytes', {}, process.memoryUsage.rss());
  }
}

// --- internal ---

/** The status of a request that nobody answered, in client-go's words. */
const NO_ANSWER = '<error>';

const TABLE_SYNC_FAILURES = 'kubeproxy_sync_proxy_rules_nftables_sync_failures_total';

const TABLE_CLEANUP_FAILURES = 'kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total';

const SYNC_FAILURES = {
  nftables: TABLE_SYNC_FAILURES,
  iptables: 'kubeproxy_sync_proxy_rules_iptables_restore_failures_total',
  // What leads to the proxy is nftables mode's table.
  userspace: TABLE_SYNC_FAILURES,
} as const satisfies Record<ProxyMode, string>;

const PARTIAL_RESTORE_FAILURES =
  'kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total';

const COUNTERS_BY_MODE = {
  nftables: [TABLE_SYNC_FAILURES, TABLE_CLEANUP_FAILURES],
  iptables: [SYNC_FAILURES.iptables, PARTIAL_RESTORE_FAILURES],
  userspace: [TABLE_SYNC_FAILURES, TABLE_CLEANUP_FAILURES],
} as const satisfies Record<ProxyMode, readonly string[]>;

const COUNTERS_BY_FAMILY = [
  'kubeproxy_nftables_localhost_nodeport_listener_creation_failures_total',
  'kubeproxy_conntrack_reconciler_deleted_entries_total',
  'switchyard_table_repairs_total',
  'switchyard_conntrack_failures_total',
] as const;
