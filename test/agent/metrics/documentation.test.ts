import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { METRICS, type MetricDefinition } from '../../../agent/metrics/metric-table.ts';

const TEXT = readFileSync(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');

/** The table of metrics: the cells of each row. */
const ROWS = TEXT.split('\n')
  .filter((line) => /^\| `[a-z_]+` \| (counter|gauge|histogram) \|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** kube-proxy has gauges by these names. */
const KUBE_PROXY_GAUGES = [
  'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
  'kubeproxy_sync_proxy_rules_iptables_total',
];

describe('docs/metrics.md', () => {
  it('has every metric, in the order of the table in the code, and no other', () => {
    expect(ROWS.map(([, name]) => name)).to.deep.equal(
      Object.keys(METRICS).map((name) => `\`${name}\``),
    );
  });

  for (const [name, definition] of Object.entries<MetricDefinition>(METRICS)) {
    it(`says the truth about ${name}`, () => {
      const [, , type, labels, meaning] = ROWS.find(([, cell]) => cell === `\`${name}\``) ?? [];
      const documented = definition.labels.map((label) => `\`${label}\``).join(', ');
      expect(type).to.equal(definition.type);
      expect(labels).to.equal(documented === '' ? 'none' : documented);
      expect(meaning).to.match(/[\w`]\.$/);
    });
  }
});

describe('the table of metrics', () => {
  for (const [name, definition] of Object.entries<MetricDefinition>(METRICS)) {
    const { type, help, buckets } = definition;
    it(`follows Prometheus' customs: ${name}`, () => {
      expect(help).to.match(/^[A-Z].*\.$/);
      expect(buckets !== undefined).to.equal(type === 'histogram');
      if (type === 'histogram') expect(name).to.match(/_seconds$/);
      if (type === 'counter') expect(name).to.match(/_total$/);
      if (type === 'gauge' && !KUBE_PROXY_GAUGES.includes(name))
        expect(name).to.not.match(/_total$/);
    });
  }

  it("has kube-proxy's buckets", () => {
    const sync = METRICS.kubeproxy_sync_proxy_rules_duration_seconds.buckets;
    expect(sync).to.have.lengthOf(15);
    expect([sync[0], sync[1], sync.at(-1)]).to.deep.equal([0.001, 0.002, 16.384]);
    const programming = METRICS.kubeproxy_network_programming_duration_seconds.buckets;
    expect(programming.slice(0, 4)).to.deep.equal([0.25, 0.5, 1, 2]);
    expect(programming.slice(-9)).to.deep.equal([110, 115, 120, 150, 180, 210, 240, 270, 300]);
    expect(programming).to.have.lengthOf(2 + 59 + 12 + 7);
  });
});
