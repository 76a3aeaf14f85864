import { expect } from 'chai';
import { ApiClient } from '../../../../agent/cluster/api/api-client.ts';
import { apiKinds, type ApiKind } from '../../../../agent/cluster/api/kinds.ts';
import type { ApiObserver, Outage } from '../../../../agent/cluster/api/observer.ts';
import { OutageReporter } from '../../../../agent/cluster/api/outage-reporter.ts';
import { Reflector } from '../../../../agent/cluster/api/reflector.ts';
import { HttpTransport } from '../../../../agent/cluster/api/transport.ts';
import { createTestApiServer, type TestApiServer } from '../../../cluster/api-server.ts';
import { serviceObject } from '../support/manifests.ts';
import { RecordingSink } from '../support/recording-sink.ts';
import { serviceCidrObject } from './support/objects.ts';
import { ManualClock } from './support/manual-clock.ts';
import { plainConnection } from './support/plain-connection.ts';

const ANSWER_MS = 30_000;
const WATCH_MS = 90_000;
/** What the first and the second wait take without chance. */
const FIRST_WAIT_MS = 1_000;
const SECOND_WAIT_MS = 2_000;

const LIST = { verb: 'list' } as const;
const WATCH = { verb: 'watch' } as const;

describe('a reflector', () => {
  let server: TestApiServer;
  let clock: ManualClock;
  let sink: RecordingSink;
  let controller: AbortController;
  let told: string[];
  let reflector: Reflector;

  beforeEach(async () => {
    server = await createTestApiServer();
    clock = new ManualClock();
    sink = new RecordingSink();
    controller = new AbortController();
    told = [];
  });

  afterEach(async () => {
    controller.abort();
    await server.close();
  });

  function start(kind = kindOf('Service')): void {
    const observer: ApiObserver = {
      away: ({ viewAgeMs, error }: Outage) => told.push(`away ${viewAgeMs} ${error.message}`),
      back: (lastedMs) => told.push(`back ${lastedMs}`),
      absent: (name, { message }) => told.push(`absent ${name} ${message}`),
    };
    const outages = new OutageReporter(
      clock,
      observer,
      () => reflector.freshness()?.viewAgeMs ?? 0,
    );
    const transport = new HttpTransport(plainConnection(server.url));
    const client = new ApiClient(transport, clock, observer);
    reflector = new Reflector({ kind, client, clock, sink, observer, outages });
    controller.signal.addEventListener('abort', () => {
      client.close();
    });
    void reflector.run(controller.signal);
  }

  /** With one Service known and its watch open for longer than a moment. */
  async function startWatching(): Promise<void> {
    server.put(serviceObject('first'));
    start();
    await sink.takeUntil('changed');
    await server.requests.until(WATCH, 1);
    server.put(serviceObject('second'));
    await sink.takeUntil('changed');
    clock.advance(60_000);
  }

  describe('lists', () => {
    it('page by page, and tells the sink once', async () => {
      for (let number = 0; number < 1100; number += 1) server.put(serviceObject(`s-${number}`));
      start();
      const lines = await sink.takeUntil('changed');
      expect(lines.filter((line) => line === 'changed')).to.have.lengthOf(1);
      expect(lines).to.have.lengthOf(1101);
      expect(server.requests.of(LIST)).to.have.lengthOf(3);
    });

    it('from the cache of the server the first time, with the selectors of its kind', async () => {
      start();
      const { target } = await server.requests.until(LIST, 1);
      expect(queryOf(target)).to.deep.equal({
        labelSelector: '!service.kubernetes.io/service-proxy-name',
        fieldSelector: 'spec.clusterIP!=None',
        limit: '500',
        resourceVersion: '0',
      });
    });

    it('again in one piece when a page is no longer there', async () => {
      for (let number = 0; number < 600; number += 1) server.put(serviceObject(`s-${number}`));
      start();
      await server.requests.until(LIST, 1);
      server.compact();
      const last = await server.requests.until(LIST, 3);
      expect(queryOf(last.target)).to.not.have.any.keys('limit', 'continue');
      await reflector.synced;
      const told = sink.take().filter((line) => line.startsWith('+service'));
      expect(told).to.have.lengthOf(600);
    });

    it('a slow body to its end', async () => {
      server.put(serviceObject('web'));
      server.faults.add(LIST, { kind: 'slow', pieceBytes: 7 });
      start();
      expect(await sink.takeUntil('changed')).to.deep.equal(['+service default/web 80', 'changed']);
    });

    it('without the field selector on a server that does not know it', async () => {
      server.put(serviceObject('web'));
      server.faults.add(LIST, { kind: 'status', code: 400 });
      start();
      expect(await sink.takeUntil('changed')).to.include('+service default/web 80');
      const { target } = await server.requests.until(WATCH, 1);
      expect(queryOf(target)).to.not.have.property('fieldSelector');
    });
  });

  describe('watches', () => {
    it('from the version of the list, with bookmarks, for five to ten minutes', async () => {
      await startWatching();
      const { target } = await server.requests.until(WATCH, 1);
      expect(queryOf(target)).to.include({
        watch: '1',
        allowWatchBookmarks: 'true',
        resourceVersion: '1001',
        timeoutSeconds: '300',
      });
    });

    it('and tells of additions, changes and deletions', async () => {
      await startWatching();
      server.put(serviceObject('first', 81));
      expect(await sink.takeUntil('changed')).to.deep.equal([
        '+service default/first 81',
        'changed',
      ]);
      server.delete(serviceObject('first'));
      expect(await sink.takeUntil('changed')).to.deep.equal(['-service default/first', 'changed']);
    });

    it('and takes a Service that gets the label of another proxy for deleted', async () => {
      await startWatching();
      const metadata = {
        name: 'first',
        labels: { 'service.kubernetes.io/service-proxy-name': 'x' },
      };
      server.put({ ...serviceObject('first'), metadata });
      expect(await sink.takeUntil('changed')).to.deep.equal(['-service default/first', 'changed']);
      server.put(serviceObject('first'));
      expect(await sink.takeUntil('changed')).to.deep.equal([
        '+service default/first 80',
        'changed',
      ]);
    });

    it('and resumes at once where it was when the server ends it', async () => {
      await startWatching();
      server.watches('services')[0]?.end();
      const { target } = await server.requests.until(WATCH, 2);
      expect(queryOf(target)).to.include({ resourceVersion: '1002' });
      expect(server.requests.of(LIST)).to.have.lengthOf(1);
      expect(told).to.deep.equal([]);
    });

    it('and resumes from a bookmark that came later than the last event', async () => {
      await startWatching();
      server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
      server.bookmark();
      server.watches('services')[0]?.end();
      const { target } = await server.requests.until(WATCH, 2);
      expect(queryOf(target)).to.include({ resourceVersion: '1003' });
    });

    it('and resumes at once when the connection drops, without missing anything', async () => {
      await startWatching();
      server.watches('services')[0]?.drop();
      server.put(serviceObject('third'));
      expect(await sink.takeUntil('changed')).to.deep.equal([
        '+service default/third 80',
        'changed',
      ]);
      expect(server.requests.of(LIST)).to.have.lengthOf(1);
    });

    it('and gives a connection up that is half open: no byte, and nobody closed it', async () => {
      await startWatching();
      server.watches('services')[0]?.freeze();
      server.put(serviceObject('third'));
      await clock.fire(WATCH_MS);
      expect(await sink.takeUntil('changed')).to.deep.equal([
        '+service default/third 80',
        'changed',
      ]);
      await server.requests.until(WATCH, 2);
      expect(server.requests.of(LIST)).to.have.lengthOf(1);
    });

    it('and keeps a quiet connection for as long as bookmarks come', async () => {
      await startWatching();
      server.bookmark();
      server.put(serviceObject('third'));
      await sink.takeUntil('changed');
      expect(clock.pending).to.deep.equal([WATCH_MS]);
      expect(reflector.freshness()).to.deep.include({ viewAgeMs: 0, lastEventAgeMs: 0 });
    });

    it('and waits before it opens a watch again that ended as soon as it was open', async () => {
      server.put(serviceObject('first'));
      start();
      await server.requests.until(WATCH, 1);
      server.watches('services')[0]?.end();
      await clock.fire(FIRST_WAIT_MS);
      await server.requests.until(WATCH, 2);
      expect(told[0]).to.match(/^away .*as soon as it was open$/);
    });

    it('and takes events that come twice or late for what they are', async () => {
      await startWatching();
      server.put(serviceObject('first', 81));
      await sink.takeUntil('changed');
      const [watch] = server.watches('services');
      watch?.repeat();
      const late = {
        ...serviceObject('first', 80),
        metadata: { name: 'first', namespace: 'default', resourceVersion: '1001', uid: 'x' },
      };
      watch?.sendLine(JSON.stringify({ type: 'MODIFIED', object: late }));
      watch?.sendLine(JSON.stringify({ type: 'DELETED', object: late }));
      server.put(serviceObject('third'));
      expect(await sink.takeUntil('changed')).to.deep.equal([
        '+service default/third 80',
        'changed',
      ]);
    });
  });

  describe('after 410', () => {
    for (const how of ['an event', 'a status'] as const) {
      it(`as ${how} lists the newest state and tells only what differs`, async () => {
        await startWatching();
        const [watch] = server.watches('services');
        watch?.freeze();
        server.put(serviceObject('second', 82));
        server.delete(serviceObject('first'));
        server.put(serviceObject('third'));
        server.put(serviceObject('third', 83));
        if (how === 'an event') server.compact();
        else server.faults.add(WATCH, { kind: 'status', code: 410 });
        watch?.drop();
        expect(await sink.takeUntil('changed')).to.deep.equal([
          '+service default/second 82',
          '+service default/third 83',
          '-service default/first',
          'changed',
        ]);
        const [, second] = server.requests.of(LIST);
        expect(queryOf(second?.target ?? '')).to.not.have.property('resourceVersion');
        expect(told).to.deep.equal([]);
      });
    }

    it('tells nothing when nothing differs', async () => {
      await startWatching();
      server.compact();
      server.watches('services')[0]?.drop();
      await server.requests.until(LIST, 2);
      await server.requests.until(WATCH, 3);
      server.put(serviceObject('third'));
      expect(await sink.takeUntil('changed')).to.deep.equal([
        '+service default/third 80',
        'changed',
      ]);
    });

    it('tells of one that was deleted and created again in between', async () => {
      await startWatching();
      const [watch] = server.watches('services');
      watch?.freeze();
      server.delete(serviceObject('first'));
      server.put(serviceObject('first'));
      server.compact();
      watch?.drop();
      const lines = await sink.takeUntil('changed');
      expect(lines).to.deep.equal([
        '-service default/first',
        '+service default/first 80',
        'changed',
      ]);
    });
  });

  describe('when the server refuses', () => {
    for (const code of [429, 500, 503]) {
      it(`with ${code} waits ever longer and says it once`, async () => {
        server.put(serviceObject('web'));
        server.faults.add(LIST, { kind: 'status', code }, 2);
        start();
        await clock.fire(FIRST_WAIT_MS);
        await clock.fire(SECOND_WAIT_MS);
        expect(await sink.takeUntil('changed')).to.include('+service default/web 80');
        await server.requests.until(WATCH, 1);
        server.put(serviceObject('other'));
        await sink.takeUntil('changed');
        expect(told).to.deep.equal([`away 0 ${code}: as the test wants it`, 'back 3000']);
      });
    }

    it('with Retry-After stays away for that long', async () => {
      server.put(serviceObject('web'));
      server.faults.add(LIST, { kind: 'status', code: 429, retryAfterSeconds: 17 });
      start();
      await clock.fire(17_000);
      expect(await sink.takeUntil('changed')).to.include('+service default/web 80');
    });

    it('with Retry-After as a date, as load balancers write it, stays away until then', async () => {
      server.put(serviceObject('web'));
      const retryAfterDate = new Date(clock.now() + 17_000);
      server.faults.add(LIST, { kind: 'status', code: 503, retryAfterDate });
      start();
      await clock.fire(17_000);
      expect(await sink.takeUntil('changed')).to.include('+service default/web 80');
    });

    it('a watch keeps what it has and resumes without a new list', async () => {
      await startWatching();
      server.faults.add(WATCH, { kind: 'status', code: 503 });
      server.watches('services')[0]?.end();
      await clock.fire(FIRST_WAIT_MS);
      await server.requests.until(WATCH, 3);
      expect(server.requests.of(LIST)).to.have.lengthOf(1);
      expect(sink.take()).to.deep.equal([]);
      expect(told[0]).to.equal('away 60000 503: as the test wants it');
    });
  });

  describe('when the server is silent', () => {
    for (const fault of [{ kind: 'hang' }, { kind: 'stall', afterBytes: 40 }] as const) {
      it(`gives a list up and tries again: ${fault.kind}`, async () => {
        server.put(serviceObject('web'));
        server.faults.add(LIST, fault);
        start();
        await server.requests.until(LIST, 1);
        await clock.fire(ANSWER_MS);
        await clock.fire(FIRST_WAIT_MS);
        expect(await sink.takeUntil('changed')).to.include('+service default/web 80');
        expect(told[0]).to.equal('away 30000 the API server was silent for 30 s');
      });
    }

    it('gives up a watch that is not answered', async () => {
      server.faults.add(WATCH, { kind: 'hang' });
      start();
      await server.requests.until(WATCH, 1);
      await clock.fire(ANSWER_MS);
      await clock.fire(FIRST_WAIT_MS);
      await server.requests.until(WATCH, 2);
    });
  });

  describe('when a connection breaks', () => {
    for (const fault of [{ kind: 'drop' }, { kind: 'cut', afterBytes: 60 }] as const) {
      it(`lists again: ${fault.kind}`, async () => {
        server.put(serviceObject('web'));
        server.faults.add(LIST, fault);
        start();
        await clock.fire(FIRST_WAIT_MS);
        expect(await sink.takeUntil('changed')).to.include('+service default/web 80');
      });
    }
  });

  describe('given what cannot be read', () => {
    it('in an event, reports it and asks for that object', async () => {
      await startWatching();
      server.watches('services')[0]?.spoilNext();
      server.put(serviceObject('first', 81));
      const [problem, ...others] = await sink.takeUntil('changed');
      expect(problem).to.match(/^problem API server: Service default\/first: .* cannot be read/);
      expect(others).to.deep.equal(['+service default/first 81', 'changed']);
      expect(server.requests.of({ verb: 'get' })).to.have.lengthOf(1);
      expect(server.requests.of(LIST)).to.have.lengthOf(1);
    });

    it('in an event about an object that is gone, forgets the object', async () => {
      await startWatching();
      server.watches('services')[0]?.spoilNext();
      server.delete(serviceObject('first'));
      expect(await sink.takeUntil('changed')).to.include('-service default/first');
    });

    it('in an event of which nothing is legible, lists again after a wait', async () => {
      await startWatching();
      server.watches('services')[0]?.sendLine('{"type":"ADD');
      await clock.fire(FIRST_WAIT_MS);
      await server.requests.until(LIST, 2);
      await server.requests.until(WATCH, 2);
    });

    for (const text of ['', '{"items":[', '[]', 'Bad Gateway', '{"items":[{"metadata":{}}]}']) {
      it(`as a list, tries again: ${JSON.stringify(text)}`, async () => {
        server.put(serviceObject('web'));
        server.faults.add(LIST, { kind: 'body', text });
        start();
        await clock.fire(FIRST_WAIT_MS);
        expect(await sink.takeUntil('changed')).to.include('+service default/web 80');
      });
    }

    it('as an object, keeps its old version and says what is wrong with it, once', async () => {
      await startWatching();
      const bad = {
        ...serviceObject('first'),
        spec: { clusterIP: 'nonsense', ports: [{ port: 80 }] },
      };
      server.put(bad);
      server.put({ ...bad, metadata: { name: 'first', labels: { a: 'b' } } });
      server.put(serviceObject('third'));
      const lines = await sink.takeUntil('changed');
      expect(lines.filter((line) => line.startsWith('problem'))).to.have.lengthOf(1);
      expect(lines).to.not.include('-service default/first');
    });
  });

  describe('of an optional kind', () => {
    it('goes on without where the server has none, and looks again rarely', async () => {
      server.faults.add(LIST, { kind: 'status', code: 404 });
      start(kindOf('ServiceCIDR'));
      await reflector.synced;
      expect(reflector.freshness()).to.equal(undefined);
      expect(told).to.have.lengthOf(1);
      expect(told[0]).to.match(/^absent ServiceCIDR 404: /);
      server.put(serviceCidrObject('late'));
      await clock.fire(600_000);
      await server.requests.until(WATCH, 1);
      expect(reflector.freshness()).to.include({ isSynced: true });
    });

    it('goes on without where our role does not allow it', async () => {
      server.faults.add(LIST, { kind: 'status', code: 403 });
      start(kindOf('ServiceCIDR'));
      await reflector.synced;
      expect(told).to.deep.equal(['absent ServiceCIDR 403: as the test wants it']);
    });
  });

  it('leaves nothing open and the sink alone when the signal aborts', async () => {
    await startWatching();
    controller.abort();
    await server.untilConnections(0);
    server.put(serviceObject('third'));
    expect(clock.pending).to.deep.equal([]);
    expect(sink.take()).to.deep.equal([]);
  });

  it('stops in the middle of a list when the signal aborts', async () => {
    server.put(serviceObject('web'));
    server.faults.add(LIST, { kind: 'stall', afterBytes: 40 });
    start();
    await server.requests.until(LIST, 1);
    controller.abort();
    await server.untilConnections(0);
    expect(clock.pending).to.deep.equal([]);
    expect(sink.take()).to.deep.equal([]);
  });
});

function kindOf(name: ApiKind['kind']): ApiKind {
  const kind = apiKinds('node-1').find((each) => each.kind === name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
}

function queryOf(target: string): Record<string, string> {
  return Object.fromEntries(new URL(target, 'http://test').searchParams);
}
