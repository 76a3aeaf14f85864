import { expect } from 'chai';
import type { Freshness } from '../../../agent/cluster/source.ts';
import { AgentMetrics } from '../../../agent/metrics/agent-metrics.ts';
import { METRICS } from '../../../agent/metrics/metric-table.ts';
import { createMetrics } from '../../../agent/metrics/metrics.ts';
import { serviceKey } from '../../../rules/services/keys.ts';
import { makeService, makeSlice, makeSliceEndpoint } from '../../rules/services/builders.ts';
import { podIp } from '../../support/addresses.ts';
import { BEGINNING_MS, manualClock, syncOf } from '../health/support.ts';
import { makeProxy } from '../support/proxy.ts';

function setUp(freshness: readonly Freshness[] = []) {
  const { proxy, view } = makeProxy();
  const { now, pass } = manualClock();
  const { proxiers } = proxy;
  const common = { view, freshness: () => freshness, version: '1.2.3', now };
  const sources = { ...common, proxiers, mode: 'nftables' as const };
  const metrics = new AgentMetrics(createMetrics(), sources);
  proxy.observe(metrics);
  /** The samples of one metric, without its name: `{ip_family="IPv4"} 1`. */
  const samples = async (name: string): Promise<string[]> => {
    const lines = (await metrics.text()).split('\n');
    return lines
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .map((line) => line.slice(name.length).trim());
  };
  return { proxy, view, metrics, pass, samples };
}

const IPV4 = '{ip_family="IPv4"}';
const IPV6 = '{ip_family="IPv6"}';

describe('AgentMetrics', () => {
  it('writes every metric of the table', async () => {
    const text = await setUp().metrics.text();
    for (const [name, { type }] of Object.entries(METRICS)) {
      expect(text).to.include(`\n# TYPE ${name} ${type}\n`);
    }
  });

  it('says what runs', async () => {
    const { metrics, samples } = setUp();
    expect(await samples('switchyard_build_info')).to.deep.equal([
      `{version="1.2.3",node_version="${process.version}"} 1`,
    ]);
    expect(metrics.contentType).to.equal('text/plain; version=0.0.4; charset=utf-8');
  });

  it('begins the counters of failures at zero, so that the first one is a change', async () => {
    const { samples } = setUp();
    const zeros = [`${IPV4} 0`, `${IPV6} 0`];
    for (const name of [
      'kubeproxy_sync_proxy_rules_nftables_sync_failures_total',
      'kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total',
      'switchyard_table_repairs_total',
    ]) {
      expect(await samples(name), name).to.deep.equal(zeros);
    }
  });

  it('measures syncs: all of them, and each as full or partial', async () => {
    const { metrics, samples } = setUp();
    metrics.synced(syncOf('IPv4', { isFull: true, elapsedMs: 1500 }));
    metrics.synced(syncOf('IPv4', { elapsedMs: 500 }));
    metrics.synced(syncOf('IPv4', { elapsedMs: 500, error: new Error('failed') }));
    const sumOf = (kind: string) =>
      samples(`kubeproxy_sync_${kind}proxy_rules_duration_seconds_sum`);
    expect(await sumOf('')).to.deep.equal([`${IPV4} 2.5`]);
    expect(await sumOf('full_')).to.deep.equal([`${IPV4} 1.5`]);
    expect(await sumOf('partial_')).to.deep.equal([`${IPV4} 1`]);
    expect(await samples('kubeproxy_sync_proxy_rules_nftables_sync_failures_total')).to.deep.equal([
      `${IPV4} 1`,
      `${IPV6} 0`,
    ]);
  });

  it('notes when a sync was asked for, and when one last succeeded', async () => {
    const { metrics, pass, samples } = setUp();
    metrics.queued();
    pass(2000);
    metrics.synced(syncOf('IPv4'));
    pass(2000);
    metrics.synced(syncOf('IPv4', { error: new Error('failed') }));
    const seconds = BEGINNING_MS / 1000;
    expect(await samples('kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds')).to.deep.equal(
      [`${IPV4} ${seconds}`, `${IPV6} ${seconds}`],
    );
    expect(await samples('kubeproxy_sync_proxy_rules_last_timestamp_seconds')).to.deep.equal([
      `${IPV4} ${seconds + 2}`,
    ]);
  });

  it('measures from what happened to the kernel, but for what happened before the start', async () => {
    const { metrics, pass, samples } = setUp();
    pass(10_000);
    const triggeredAtMs = [BEGINNING_MS - 1, BEGINNING_MS + 7000, BEGINNING_MS + 99_000];
    metrics.synced(syncOf('IPv6', { triggeredAtMs }));
    const name = 'kubeproxy_network_programming_duration_seconds';
    // A time ahead of our clock counts as now.
    expect(await samples(`${name}_sum`)).to.deep.equal([`${IPV6} 3`]);
    expect(await samples(`${name}_count`)).to.deep.equal([`${IPV6} 2`]);
  });

  it('counts the world as it is when somebody asks', async () => {
    const { proxy, view, samples } = setUp();
    view.upsertService(makeService({ internalPolicy: 'Local' }));
    const elsewhere = makeSliceEndpoint({ ip: podIp('IPv4', 2, 1), nodeName: 'node-2' });
    view.upsertSlice(makeSlice({ endpoints: [elsewhere] }));
    view.upsertSlice(makeSlice({ name: 'web-2', endpoints: [] }));
    const changes = async () => [
      ...(await samples('kubeproxy_sync_proxy_rules_service_changes_pending')),
      ...(await samples('kubeproxy_sync_proxy_rules_service_changes_total')),
      ...(await samples('kubeproxy_sync_proxy_rules_endpoint_changes_pending')),
      ...(await samples('kubeproxy_sync_proxy_rules_endpoint_changes_total')),
    ];
    expect(await changes()).to.deep.equal(['1', '1', '2', '2']);
    await proxy.sync();
    expect(await changes()).to.deep.equal(['0', '1', '0', '2']);
    expect(await samples('switchyard_services')).to.deep.equal(['1']);
    expect(await samples('switchyard_service_ports')).to.deep.equal([`${IPV4} 1`, `${IPV6} 0`]);
    expect(await samples('kubeproxy_sync_proxy_rules_no_local_endpoints_total')).to.deep.equal([
      '{traffic_policy="internal",ip_family="IPv4"} 1',
      '{traffic_policy="external",ip_family="IPv4"} 0',
      '{traffic_policy="internal",ip_family="IPv6"} 0',
      '{traffic_policy="external",ip_family="IPv6"} 0',
    ]);
  });

  it('counts endpoints, and elements as they are added, replaced and removed', async () => {
    const { proxy, view, samples } = setUp();
    const elements = async () => {
      const all = await samples('switchyard_elements_sent_total');
      return all.filter((sample) => sample.includes('IPv4'));
    };
    const endpoint = makeSliceEndpoint();
    const another = makeSliceEndpoint({ ip: podIp('IPv4', 1, 2) });
    view.upsertService(makeService());
    view.upsertSlice(makeSlice({ endpoints: [endpoint] }));
    await proxy.sync();
    expect(await samples('switchyard_endpoints')).to.deep.equal([`${IPV4} 1`, `${IPV6} 0`]);
    // ClusterIP, its verdict, its endpoint, and the endpoint's hairpin.
    expect(await elements()).to.deep.equal([
      '{ip_family="IPv4",change="added"} 4',
      '{ip_family="IPv4",change="replaced"} 0',
      '{ip_family="IPv4",change="removed"} 0',
    ]);
    view.upsertSlice(makeSlice({ endpoints: [another] }));
    await proxy.sync();
    expect(await elements()).to.deep.equal([
      '{ip_family="IPv4",change="added"} 5',
      '{ip_family="IPv4",change="replaced"} 1',
      '{ip_family="IPv4",change="removed"} 1',
    ]);
  });

  it('counts answers, problems, repairs, failed collections and removed flows', async () => {
    const { metrics, samples } = setUp();
    metrics.healthAnswered('/healthz', 503);
    metrics.healthAnswered('/livez', 200);
    metrics.answered('watch', 'Service', 200);
    metrics.answered('list', 'Node', undefined);
    const place = { field: '', message: '', file: 'web.yaml', line: 1 };
    metrics.problem({ object: 'Service default/web', ...place });
    metrics.problem({ object: '', ...place });
    metrics.repairing('IPv6', false);
    metrics.collectFailed('IPv4');
    metrics.cleaned('IPv4', 3, 250);
    metrics.cleanFailed('IPv6');
    const expected: Record<string, string[]> = {
      kubeproxy_proxy_healthz_total: ['{code="503"} 1'],
      kubeproxy_proxy_livez_total: ['{code="200"} 1'],
      rest_client_requests_total: [
        '{code="200",method="GET"} 1',
        '{code="<error>",method="GET"} 1',
      ],
      switchyard_api_requests_total: [
        '{verb="watch",kind="Service",code="200"} 1',
        '{verb="list",kind="Node",code="<error>"} 1',
      ],
      switchyard_input_problems_total: ['{kind="Service"} 1', '{kind="file"} 1'],
      switchyard_table_repairs_total: [`${IPV4} 0`, `${IPV6} 1`],
      kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total: [`${IPV4} 1`, `${IPV6} 0`],
      switchyard_conntrack_failures_total: [`${IPV4} 0`, `${IPV6} 1`],
      kubeproxy_conntrack_reconciler_deleted_entries_total: [`${IPV4} 3`, `${IPV6} 0`],
      kubeproxy_conntrack_reconciler_sync_duration_seconds_sum: [`${IPV4} 0.25`],
    };
    for (const [name, lines] of Object.entries(expected)) {
      expect(await samples(name), name).to.deep.equal(lines);
    }
  });

  it('says how old the view of each kind is, where it is known', async () => {
    const { samples } = setUp([
      { kind: 'Service', isSynced: true, viewAgeMs: 30_000, lastEventAgeMs: 90_000 },
      { kind: 'Node', isSynced: true, viewAgeMs: 500, lastEventAgeMs: undefined },
      { kind: 'ServiceCIDR', isSynced: false, viewAgeMs: 0, lastEventAgeMs: undefined },
    ]);
    expect(await samples('switchyard_view_age_seconds')).to.deep.equal([
      '{kind="Service"} 30',
      '{kind="Node"} 0.5',
    ]);
    expect(await samples('switchyard_last_event_age_seconds')).to.deep.equal([
      '{kind="Service"} 90',
    ]);
  });

  it('counts Services that lost an address to another one', async () => {
    const { view, samples } = setUp();
    view.upsertService(makeService());
    view.upsertService(makeService({ name: 'late', createdAtMs: 2 }));
    expect(await samples('switchyard_conflicts')).to.deep.equal(['1']);
    view.deleteService(serviceKey('default', 'web'));
    expect(await samples('switchyard_conflicts')).to.deep.equal(['0']);
  });
});
