/**
 * Every metric as data. kube-proxy's names are used where the meaning is the same (behaviour
 * document, section 6.4), so that dashboards and alerts carry over; the rest begins with
 * `switchyard_`. docs/metrics.md describes them for people, and a test compares the two.
 */

import { CONNECT_BUCKETS_MS } from '../userspace/interface.ts';

/** One metric. A counter only grows, a gauge is what it is now, a histogram counts values in buckets. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** The upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
  /** Whether somebody else counts what is in a histogram. */
  readonly isLookedUp?: boolean;
}

/** From a millisecond to 16 s, each bucket twice the one before. */
const DURATION_BUCKETS: readonly number[] = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

/** Fine up to a minute, coarse up to five. */
const PROGRAMMING_BUCKETS: readonly number[] = [
  ...[0.25, 0.5],
  ...steps(1, 59, 1),
  ...steps(60, 115, 5),
  ...steps(120, 300, 30),
];

const FAMILY = ['ip_family'] as const;

/** Few, since there is a set for each service port. */
const CONNECT_BUCKETS: readonly number[] = CONNECT_BUCKETS_MS.map((ms) => ms / 1000);

const SERVICE_PORT = ['ip_family', 'service_port'] as const;

/** Every metric by its name. */
export const METRICS = {
  kubeproxy_sync_proxy_rules_duration_seconds: {
    type: 'histogram',
    help: 'How long a sync took, failed ones included.',
    labels: FAMILY,
    buckets: DURATION_BUCKETS,
  },
  kubeproxy_sync_full_proxy_rules_duration_seconds: {
    type: 'histogram',
    help: 'How long a sync took that read the table from the kernel first.',
    labels: FAMILY,
    buckets: DURATION_BUCKETS,
  },
  kubeproxy_sync_partial_proxy_rules_duration_seconds: {
    type: 'histogram',
    help: 'How long a sync took that only sent differences.',
    labels: FAMILY,
    buckets: DURATION_BUCKETS,
  },
  kubeproxy_sync_proxy_rules_last_timestamp_seconds: {
    type: 'gauge',
    help: 'When a sync last succeeded.',
    labels: FAMILY,
  },
  kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds: {
    type: 'gauge',
    help: 'When a sync was last asked for.',
    labels: FAMILY,
  },
  kubeproxy_network_programming_duration_seconds: {
    type: 'histogram',
    help: 'From what happened to a pod or a Service, as its EndpointSlices say, to the rules in the kernel.',
    labels: FAMILY,
    buckets: PROGRAMMING_BUCKETS,
  },
  kubeproxy_sync_proxy_rules_endpoint_changes_pending: {
    type: 'gauge',
    help: 'Changes of EndpointSlices that no sync has taken up yet.',
    labels: [],
  },
  kubeproxy_sync_proxy_rules_endpoint_changes_total: {
    type: 'counter',
    help: 'Changes of EndpointSlices.',
    labels: [],
  },
  kubeproxy_sync_proxy_rules_service_changes_pending: {
    type: 'gauge',
    help: 'Changes of Services that no sync has taken up yet.',
    labels: [],
  },
  kubeproxy_sync_proxy_rules_service_changes_total: {
    type: 'counter',
    help: 'Changes of Services.',
    labels: [],
  },
  kubeproxy_sync_proxy_rules_no_local_endpoints_total: {
    type: 'gauge',
    help: 'Service ports that drop traffic here, since a Local policy finds no endpoint on this node.',
    labels: ['traffic_policy', 'ip_family'],
  },
  kubeproxy_sync_proxy_rules_nftables_sync_failures_total: {
    type: 'counter',
    help: 'Syncs that failed.',
    labels: FAMILY,
  },
  kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total: {
    type: 'counter',
    help: 'Failed attempts to delete chains that nothing uses any more; they are repeated.',
    labels: FAMILY,
  },
  kubeproxy_sync_proxy_rules_iptables_total: {
    type: 'gauge',
    help: 'Rules in chains of ours, in iptables mode.',
    labels: ['table', 'ip_family'],
  },
  kubeproxy_sync_proxy_rules_iptables_last: {
    type: 'gauge',
    help: 'Rules that the last sync wrote, in iptables mode.',
    labels: ['table', 'ip_family'],
  },
  kubeproxy_sync_proxy_rules_iptables_restore_failures_total: {
    type: 'counter',
    help: 'Syncs that failed, in iptables mode.',
    labels: FAMILY,
  },
  kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total: {
    type: 'counter',
    help: 'Restores of what had changed that were refused, after which all chains were looked at.',
    labels: FAMILY,
  },
  kubeproxy_iptables_ct_state_invalid_dropped_packets_total: {
    type: 'counter',
    help: 'Forwarded packets that were dropped since they belong to no known connection, in iptables mode.',
    labels: [],
  },
  kubeproxy_iptables_localhost_nodeports_accepted_packets_total: {
    type: 'counter',
    help: 'First packets of connections to node ports at localhost that were accepted, in iptables mode.',
    labels: [],
  },
  kubeproxy_nftables_localhost_nodeport_listeners: {
    type: 'gauge',
    help: 'Node ports that are served at localhost.',
    labels: FAMILY,
  },
  kubeproxy_nftables_localhost_nodeport_listener_creation_failures_total: {
    type: 'counter',
    help: 'Failed attempts to listen at a node port of localhost; they are repeated.',
    labels: FAMILY,
  },
  kubeproxy_conntrack_reconciler_sync_duration_seconds: {
    type: 'histogram',
    help: 'How long it took to find and remove stale conntrack entries.',
    labels: FAMILY,
    buckets: DURATION_BUCKETS,
  },
  kubeproxy_conntrack_reconciler_deleted_entries_total: {
    type: 'counter',
    help: 'Stale conntrack entries that were removed.',
    labels: FAMILY,
  },
  kubeproxy_proxy_healthz_total: {
    type: 'counter',
    help: 'Answers of /healthz on the health address, by status.',
    labels: ['code'],
  },
  kubeproxy_proxy_livez_total: {
    type: 'counter',
    help: 'Answers of /livez on the health address, by status.',
    labels: ['code'],
  },
  rest_client_requests_total: {
    type: 'counter',
    help: 'Requests to the API server by status and method; `<error>` where there was no answer.',
    labels: ['code', 'method'],
  },
  switchyard_api_requests_total: {
    type: 'counter',
    help: 'Requests to the API server by verb, kind and status; `<error>` where there was no answer.',
    labels: ['verb', 'kind', 'code'],
  },
  switchyard_build_info: {
    type: 'gauge',
    help: 'Always 1; the labels say what runs.',
    labels: ['version', 'node_version'],
  },
  switchyard_services: {
    type: 'gauge',
    help: 'Services that this node knows.',
    labels: [],
  },
  switchyard_service_ports: {
    type: 'gauge',
    help: 'Ports of Services.',
    labels: FAMILY,
  },
  switchyard_endpoints: {
    type: 'gauge',
    help: 'Endpoints that traffic of this node may go to, counted for each service port.',
    labels: FAMILY,
  },
  switchyard_quarantined_services: {
    type: 'gauge',
    help: 'Services that the kernel refused and that are not programmed as they want.',
    labels: FAMILY,
  },
  switchyard_conflicts: {
    type: 'gauge',
    help: 'Services that lost an address or a node port to another one.',
    labels: [],
  },
  switchyard_input_problems_total: {
    type: 'counter',
    help: 'Objects, or parts of them, that were left out because something in them is wrong, by kind.',
    labels: ['kind'],
  },
  switchyard_elements_sent_total: {
    type: 'counter',
    help: 'Elements of the table that were added, replaced or removed in the kernel.',
    labels: ['ip_family', 'change'],
  },
  switchyard_table_repairs_total: {
    type: 'counter',
    help: 'Times the table was not as we had left it, or refused a difference, and was repaired.',
    labels: FAMILY,
  },
  switchyard_conntrack_failures_total: {
    type: 'counter',
    help: 'Failed attempts to find and remove stale conntrack entries; they are repeated.',
    labels: FAMILY,
  },
  switchyard_events_total: {
    type: 'counter',
    help: 'Kubernetes Events that were written, again and again for one that repeats, or dropped.',
    labels: ['result'],
  },
  switchyard_config_reloads_total: {
    type: 'counter',
    help: 'Changes of the configuration file that were applied, or refused for what is wrong in it.',
    labels: ['result'],
  },
  switchyard_view_age_seconds: {
    type: 'gauge',
    help: 'Since the last sign that nothing of this kind was missed: a list, an event or a bookmark.',
    labels: ['kind'],
  },
  switchyard_last_event_age_seconds: {
    type: 'gauge',
    help: 'Since the last change of an object of this kind.',
    labels: ['kind'],
  },
  switchyard_userspace_connections_accepted_total: {
    type: 'counter',
    help: 'Connections (of UDP: flows) that clients opened to the userspace proxy.',
    labels: SERVICE_PORT,
  },
  switchyard_userspace_connections_active: {
    type: 'gauge',
    help: 'Connections and flows that are open.',
    labels: SERVICE_PORT,
  },
  switchyard_userspace_connections_failed_total: {
    type: 'counter',
    help: 'Connections and flows that no endpoint took.',
    labels: SERVICE_PORT,
  },
  switchyard_userspace_connections_retried_total: {
    type: 'counter',
    help: 'Attempts to connect to another endpoint after one had failed.',
    labels: SERVICE_PORT,
  },
  switchyard_userspace_bytes_total: {
    type: 'counter',
    help: 'Bytes received from clients and sent to them.',
    labels: [...SERVICE_PORT, 'direction'],
  },
  switchyard_userspace_connect_duration_seconds: {
    type: 'histogram',
    help: 'How long endpoints took to take TCP connections.',
    labels: SERVICE_PORT,
    buckets: CONNECT_BUCKETS,
    isLookedUp: true,
  },
  switchyard_userspace_listen_failures_total: {
    type: 'counter',
    help: 'Failed attempts to listen; they are repeated.',
    labels: FAMILY,
  },
  switchyard_userspace_exhausted: {
    type: 'gauge',
    help: 'Whether the userspace proxy refuses clients for want of this.',
    labels: ['resource'],
  },
  switchyard_userspace_exhaustions_total: {
    type: 'counter',
    help: 'Times that this ran out.',
    labels: ['resource'],
  },
  process_cpu_seconds_total: {
    type: 'counter',
    help: 'CPU time of the agent, without that of nft.',
    labels: [],
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    help: 'Resident memory of the agent.',
    labels: [],
  },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'When the agent started.',
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>;

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;

/** The names of the metrics of one type. */
export type NameOf<Type extends MetricDefinition['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

/** A value for each label of a metric. */
export type LabelsOf<Name extends MetricName> = Readonly<
  Record<(typeof METRICS)[Name]['labels'][number], string>
>;

// --- internal ---

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: (to - from) / by + 1 }, (_, i) => from + i * by);
}
