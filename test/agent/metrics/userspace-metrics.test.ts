import { expect } from 'chai';
import { createMetrics, type Metrics } from '../../../agent/metrics/metrics.ts';
import { UserspaceMetrics } from '../../../agent/metrics/userspace-metrics.ts';
import type { PortCounters } from '../../../agent/userspace/interface.ts';
import type { ServicePortKey } from '../../../rules/services/types.ts';
import { makeSpec } from '../userspace/support/proxy-stage.ts';

const WEB = 'default/web:http/tcp' as ServicePortKey;
const LABELS = `ip_family="IPv4",service_port="${WEB}"`;

const COUNTS: PortCounters = {
  servicePort: WEB,
  family: 'IPv4',
  protocol: 'tcp',
  accepted: 9,
  active: 2,
  failed: 3,
  retried: 4,
  receivedBytes: 100,
  sentBytes: 2_000,
  connects: [1, 0, 5, 0, 0, 0, 0, 2, 1],
  connectMs: 1_500,
};

describe('metrics of the userspace proxy', () => {
  let metrics: Metrics;
  let userspace: UserspaceMetrics;

  beforeEach(() => {
    metrics = createMetrics();
    userspace = new UserspaceMetrics(metrics);
  });

  const lines = async (): Promise<string[]> =>
    (await metrics.text())
      .split('\n')
      .filter((line) => line.startsWith('switchyard_userspace'))
      .map((line) => line.slice('switchyard_userspace_'.length));

  it('are what the proxy has counted for a service port, each time they are looked up', async () => {
    userspace.lookUp([{ ...COUNTS, accepted: 5 }]);
    userspace.lookUp([COUNTS]);
    expect(await lines()).to.include.members([
      `connections_accepted_total{${LABELS}} 9`,
      `connections_active{${LABELS}} 2`,
      `connections_failed_total{${LABELS}} 3`,
      `connections_retried_total{${LABELS}} 4`,
      `bytes_total{${LABELS},direction="received"} 100`,
      `bytes_total{${LABELS},direction="sent"} 2000`,
    ]);
  });

  it('show how long endpoints take to answer', async () => {
    userspace.lookUp([COUNTS]);
    expect((await lines()).filter((line) => line.startsWith('connect_'))).to.deep.equal([
      `connect_duration_seconds_bucket{${LABELS},le="0.00025"} 1`,
      `connect_duration_seconds_bucket{${LABELS},le="0.001"} 1`,
      `connect_duration_seconds_bucket{${LABELS},le="0.004"} 6`,
      `connect_duration_seconds_bucket{${LABELS},le="0.016"} 6`,
      `connect_duration_seconds_bucket{${LABELS},le="0.064"} 6`,
      `connect_duration_seconds_bucket{${LABELS},le="0.256"} 6`,
      `connect_duration_seconds_bucket{${LABELS},le="1.024"} 6`,
      `connect_duration_seconds_bucket{${LABELS},le="4.096"} 8`,
      `connect_duration_seconds_bucket{${LABELS},le="+Inf"} 9`,
      `connect_duration_seconds_sum{${LABELS}} 1.5`,
      `connect_duration_seconds_count{${LABELS}} 9`,
    ]);
  });

  it('forget a service port that is gone', async () => {
    userspace.lookUp([COUNTS]);
    userspace.forgotten(WEB, 'IPv4');
    expect((await lines()).filter((line) => line.includes(WEB))).to.deep.equal([]);
  });

  it('say what has run out, and how often', async () => {
    expect(await lines()).to.include('exhausted{resource="descriptors"} 0');
    userspace.exhausted('descriptors');
    expect(await lines()).to.include.members([
      'exhausted{resource="descriptors"} 1',
      'exhausted{resource="memory"} 0',
      'exhaustions_total{resource="descriptors"} 1',
    ]);
    userspace.recovered('descriptors');
    expect(await lines()).to.include.members([
      'exhausted{resource="descriptors"} 0',
      'exhaustions_total{resource="descriptors"} 1',
    ]);
  });

  it('count listeners that cannot listen', async () => {
    userspace.listenFailed({ spec: makeSpec(), message: '' });
    expect(await lines()).to.include('listen_failures_total{ip_family="IPv4"} 1');
  });
});
