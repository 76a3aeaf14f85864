/**
 * What the userspace proxy does, as metrics. The proxy counts in plain numbers; they are looked up
 * when somebody asks.
 */
import { isLoopback, type IpFamily } from '../../rules/ip.ts';
import type { ServicePortKey } from '../../rules/services/types.ts';
import type {
  ListenFailure,
  PortCounters,
  Resource,
  UserspaceObserver,
} from '../userspace/interface.ts';
import type { Metrics } from './metrics.ts';

/** Fills metrics. */
export class UserspaceMetrics implements UserspaceObserver {
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    for (const resource of RESOURCES) {
      metrics.set('switchyard_userspace_exhausted', { resource }, 0);
      metrics.increase('switchyard_userspace_exhaustions_total', { resource }, 0);
    }
  }

  listenFailed({ spec }: ListenFailure): void {
    const labels = { ip_family: spec.family };
    this.#metrics.increase('switchyard_userspace_listen_failures_total', labels);
    if (spec.ips.every(isLoopback)) this.#metrics.increase(LOCALHOST_FAILURES, labels);
  }

  exhausted(resource: Resource): void {
    this.#metrics.set('switchyard_userspace_exhausted', { resource }, 1);
    this.#metrics.increase('switchyard_userspace_exhaustions_total', { resource });
  }

  recovered(resource: Resource): void {
    this.#metrics.set('switchyard_userspace_exhausted', { resource }, 0);
  }

  forgotten(service_port: ServicePortKey, ip_family: IpFamily): void {
    const labels = { ip_family, service_port };
    for (const name of OF_SERVICE_PORTS) this.#metrics.remove(name, labels);
    for (const direction of ['received', 'sent']) {
      this.#metrics.remove('switchyard_userspace_bytes_total', { ...labels, direction });
    }
  }

  /** Takes over what the proxy has counted: to be called before the metrics are written. */
  lookUp(counters: Iterable<PortCounters>): void {
    for (const { servicePort, family, ...counts } of counters) {
      const labels = { ip_family: family, service_port: servicePort };
      const received = { ...labels, direction: 'received' };
      const sent = { ...labels, direction: 'sent' };
      const metrics = this.#metrics;
      metrics.setTotal(`${PREFIX}_accepted_total`, labels, counts.accepted);
      metrics.set(`${PREFIX}_active`, labels, counts.active);
      metrics.setTotal(`${PREFIX}_failed_total`, labels, counts.failed);
      metrics.setTotal(`${PREFIX}_retried_total`, labels, counts.retried);
      metrics.setTotal('switchyard_userspace_bytes_total', received, counts.receivedBytes);
      metrics.setTotal('switchyard_userspace_bytes_total', sent, counts.sentBytes);
      metrics.setHistogram('switchyard_userspace_connect_duration_seconds', labels, {
        counts: counts.connects,
        sum: counts.connectMs / 1000,
      });
    }
  }
}

// --- internal ---

const PREFIX = 'switchyard_userspace_connections';

const LOCALHOST_FAILURES = 'kubeproxy_nftables_localhost_nodeport_listener_creation_failures_total';

const RESOURCES: readonly Resource[] = ['descriptors', 'ports', 'memory'];

const OF_SERVICE_PORTS = [
  `${PREFIX}_accepted_total`,
  `${PREFIX}_active`,
  `${PREFIX}_failed_total`,
  `${PREFIX}_retried_total`,
  'switchyard_userspace_connect_duration_seconds',
] as const;
