import { expect } from 'chai';
import type { Freshness } from '../../../agent/cluster/source.ts';
import { goTime, healthAnswerer } from '../../../agent/health/health-answers.ts';
import { ProxyHealth } from '../../../agent/health/proxy-health.ts';
import { Readiness } from '../../../agent/health/readiness.ts';
import type { IpFamily } from '../../../rules/ip.ts';
import { bodyOf, question } from '../support/http.ts';
import { BEGINNING_MS, manualClock, syncOf } from './support.ts';

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];
const FRESH: Freshness = {
  kind: 'Service',
  isSynced: true,
  viewAgeMs: 0,
  lastEventAgeMs: undefined,
};

function setUp(families = FAMILIES, views: readonly Freshness[] = []) {
  const { now, pass } = manualClock();
  const health = new ProxyHealth({ families, timeoutMs: 60_000, now });
  const readiness = new Readiness(families, () => views);
  const counted: string[] = [];
  const node = { isEligible: true };
  const answer = healthAnswerer({
    health,
    readiness,
    isNodeEligible: () => node.isEligible,
    now,
    answered: (path, status) => counted.push(`${path} ${status}`),
  });
  const ask = async (path: string, method = 'GET') => await answer(question(path, method));
  return { health, readiness, node, counted, pass, ask };
}

const T0 = '2026-11-21T10:00:00Z';
const T1 = '2026-11-21T10:01:00Z';

describe('/healthz and /livez', () => {
  it('answer 200 with everything that kube-proxy says, in its order', async () => {
    const { health, pass, ask } = setUp();
    health.begin();
    pass(60_000);
    const answer = await ask('/healthz');
    expect(answer.status).to.equal(200);
    expect(answer.headers).to.deep.equal({
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
    });
    const status = `{"IPv4":{"lastUpdated":"${T0}","healthy":true},"IPv6":{"lastUpdated":"${T0}","healthy":true}}`;
    expect(answer.body).to.equal(
      `{"lastUpdated":"${T1}","currentTime":"${T1}","nodeEligible":true,"healthy":true,"status":${status}}`,
    );
    const live = await ask('/livez');
    expect(live.body).to.equal(
      `{"lastUpdated":"${T1}","currentTime":"${T1}","healthy":true,"status":${status}}`,
    );
  });

  it('answer 503 with the time of the newest update when the proxy does not keep up', async () => {
    const { health, pass, ask } = setUp();
    health.begin();
    health.queued();
    health.started();
    pass(1);
    health.synced(syncOf('IPv4'));
    pass(59_999);
    for (const path of ['/healthz', '/livez']) {
      const answer = await ask(path);
      expect(answer.status).to.equal(503);
      expect(JSON.parse(bodyOf(answer))).to.deep.include({
        lastUpdated: '2026-11-21T10:00:00.001Z',
        currentTime: T1,
        healthy: false,
        status: {
          IPv4: { lastUpdated: '2026-11-21T10:00:00.001Z', healthy: true },
          IPv6: { lastUpdated: T0, healthy: false },
        },
      });
    }
  });

  it('differ for a node that is about to go: it takes no new traffic, but need not be restarted', async () => {
    const { node, ask } = setUp();
    node.isEligible = false;
    const health = await ask('/healthz');
    expect(health.status).to.equal(503);
    expect(JSON.parse(bodyOf(health))).to.deep.include({ nodeEligible: false, healthy: true });
    expect((await ask('/livez')).status).to.equal(200);
  });

  it('say nothing of families where there are none', async () => {
    const { ask } = setUp([]);
    expect(JSON.parse(bodyOf(await ask('/livez')))).to.not.have.property('status');
  });

  it("print Go's zero time before the first update", async () => {
    const { node, ask } = setUp();
    node.isEligible = false;
    const body: unknown = JSON.parse(bodyOf(await ask('/healthz')));
    expect(body).to.deep.include({ lastUpdated: '0001-01-01T00:00:00Z' });
  });

  it('are counted by status, whatever the method', async () => {
    const { node, counted, ask } = setUp();
    await ask('/healthz', 'POST');
    node.isEligible = false;
    await ask('/healthz');
    await ask('/livez');
    await ask('/readyz');
    expect(counted).to.deep.equal(['/healthz 200', '/healthz 503', '/livez 200']);
  });

  it('are alone at their address: any other path is not found', async () => {
    const { ask } = setUp();
    for (const path of ['/', '/healthz/', '/metrics', '/HEALTHZ']) {
      expect((await ask(path)).status, path).to.equal(404);
    }
  });
});

describe('/readyz', () => {
  it('is ready when every family was synced', async () => {
    const { readiness, ask } = setUp(FAMILIES, [FRESH]);
    for (const family of FAMILIES) readiness.synced(syncOf(family));
    const answer = await ask('/readyz');
    expect(answer.status).to.equal(200);
    expect(JSON.parse(bodyOf(answer))).to.deep.equal({ ready: true, reasons: [] });
  });

  const cases: { name: string; views: Freshness[]; error?: Error; reason: string }[] = [
    {
      name: 'a kind was not listed yet',
      views: [{ ...FRESH, kind: 'Node', isSynced: false }],
      reason: 'Node: not listed yet',
    },
    {
      name: 'nothing was heard for more than five minutes',
      views: [FRESH, { ...FRESH, kind: 'EndpointSlice', viewAgeMs: 300_001 }],
      reason: 'EndpointSlice: nothing was heard of the API server for 300 s',
    },
    {
      name: 'the last sync failed',
      views: [FRESH],
      error: new Error('nft is missing'),
      reason: 'IPv4: the last sync failed: nft is missing',
    },
  ];
  for (const { name, views, error, reason } of cases) {
    it(`is not ready, and says why, when ${name}`, async () => {
      const { readiness, ask } = setUp(['IPv4'], views);
      readiness.synced(syncOf('IPv4', { error }));
      const answer = await ask('/readyz');
      expect(answer.status).to.equal(503);
      expect(JSON.parse(bodyOf(answer))).to.deep.equal({ ready: false, reasons: [reason] });
    });
  }

  it('names every family that was not synced yet', async () => {
    const { readiness, ask } = setUp();
    readiness.synced(syncOf('IPv6'));
    const body: unknown = JSON.parse(bodyOf(await ask('/readyz')));
    expect(body).to.deep.equal({ ready: false, reasons: ['IPv4: not synced yet'] });
  });

  it('is ready again after a success', async () => {
    const { readiness, ask } = setUp(['IPv4']);
    readiness.synced(syncOf('IPv4', { error: new Error('once') }));
    readiness.synced(syncOf('IPv4'));
    expect((await ask('/readyz')).status).to.equal(200);
  });
});

describe('goTime', () => {
  const cases: [number | undefined, string][] = [
    [undefined, '0001-01-01T00:00:00Z'],
    [BEGINNING_MS, T0],
    [BEGINNING_MS + 30_000, '2026-11-21T10:00:30Z'],
    [BEGINNING_MS + 120, '2026-11-21T10:00:00.12Z'],
    [BEGINNING_MS + 5, '2026-11-21T10:00:00.005Z'],
  ];
  for (const [ms, text] of cases) {
    it(`writes ${text}`, () => {
      expect(goTime(ms)).to.equal(text);
    });
  }
});
