import { expect } from 'chai';
import { AgentMetrics } from '../../../agent/metrics/agent-metrics.ts';
import { metricsAnswerer } from '../../../agent/metrics/metrics-answers.ts';
import { createMetrics } from '../../../agent/metrics/metrics.ts';
import { makeService, makeSlice } from '../../rules/services/builders.ts';
import { bodyOf, question } from '../support/http.ts';
import { makeProxy } from '../support/proxy.ts';

/** The answerer of an agent that has programmed default/web and shop/cart. */
async function setUp() {
  const { proxy, view, config } = makeProxy();
  const { proxiers } = proxy;
  const now = () => 0;
  const metrics = new AgentMetrics(createMetrics(), {
    view,
    freshness: () => [],
    proxiers,
    mode: 'nftables',
    version: '1.2.3',
    now,
  });
  view.upsertService(makeService());
  view.upsertService(makeService({ namespace: 'shop', name: 'cart', clusterIPs: [] }));
  view.upsertSlice(makeSlice());
  await proxy.sync();
  const answer = metricsAnswerer({ metrics, config: () => config, proxiers });
  return async (target: string, method?: string) => await answer(question(target, method));
}

describe('the metrics address', () => {
  it('serves metrics in the format of Prometheus', async () => {
    const ask = await setUp();
    const { status, headers, body } = await ask('/metrics');
    expect(status).to.equal(200);
    expect(headers['Content-Type']).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(body).to.include('\nswitchyard_services 2\n');
  });

  it('says that it is there', async () => {
    const ask = await setUp();
    expect((await ask('/healthz')).body).to.equal('ok');
  });

  it('names the mode as kube-proxy does, without a line break', async () => {
    const ask = await setUp();
    expect(await ask('/proxyMode')).to.deep.equal({
      status: 200,
      headers: {
        'Content-Type': 'text/plain; charset=utf-8',
        'X-Content-Type-Options': 'nosniff',
      },
      body: 'nftables',
    });
  });

  it("shows the configuration in its file format, under kube-proxy's key", async () => {
    const ask = await setUp();
    const answer = await ask('/configz');
    expect(answer.headers['Content-Type']).to.equal('application/json');
    const page = JSON.parse(bodyOf(answer)) as Record<string, object>;
    expect(Object.keys(page)).to.deep.equal(['kubeproxy.config.k8s.io']);
    expect(page['kubeproxy.config.k8s.io']).to.deep.include({
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      configSyncPeriod: '15m0s',
    });
  });

  it('shows what is programmed, as text', async () => {
    const ask = await setUp();
    const answer = await ask('/debug/rules');
    expect(answer.status).to.equal(200);
    expect(answer.headers['Content-Type']).to.equal('text/plain; charset=utf-8');
    expect(bodyOf(answer)).to.match(/^# IPv4: Services 1, .*\n\ndefault\/web:http\/tcp\n/);
  });

  it('shows what is programmed, as JSON, of one Service', async () => {
    const ask = await setUp();
    const answer = await ask('/debug/rules?format=json&service=default%2Fweb');
    expect(answer.headers['Content-Type']).to.equal('application/json');
    const { families } = JSON.parse(bodyOf(answer)) as { families: { services: object[] }[] };
    expect(families.map(({ services }) => services.length)).to.deep.equal([1, 0]);
  });

  const refusals = [
    { target: '/debug/rules?service=default/none', status: 404, body: /namespace\/name/ },
    { target: '/debug/rules?service=shop/cart', status: 404, body: /has ports/ },
    { target: '/debug/rules?service=', status: 404, body: /namespace\/name/ },
    { target: '/debug/rules?format=xml', status: 400, body: /text or json/ },
    { target: '/', status: 404, body: /not found/ },
    { target: '/debug/pprof/', status: 404, body: /not found/ },
  ];
  for (const { target, status, body } of refusals) {
    it(`answers ${status} to ${target}`, async () => {
      const ask = await setUp();
      const answer = await ask(target);
      expect(answer.status).to.equal(status);
      expect(bodyOf(answer)).to.match(body);
    });
  }

  it('is for reading only', async () => {
    const ask = await setUp();
    expect((await ask('/metrics', 'HEAD')).status).to.equal(200);
    const answer = await ask('/metrics', 'POST');
    expect(answer.status).to.equal(405);
    expect(answer.headers.Allow).to.equal('GET, HEAD');
  });
});
