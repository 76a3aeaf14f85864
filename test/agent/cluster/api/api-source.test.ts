import { expect } from 'chai';
import { createApiSourceWith } from '../../../../agent/cluster/api/api-source.ts';
import { HttpTransport } from '../../../../agent/cluster/api/transport.ts';
import { nodeIp, SERVICE_CIDR } from '../../../support/addresses.ts';
import { createTestApiServer, type TestApiServer } from '../../../cluster/api-server.ts';
import { serviceObject } from '../support/manifests.ts';
import { RecordingSink } from '../support/recording-sink.ts';
import { ManualClock } from './support/manual-clock.ts';
import { nodeObject, serviceCidrObject, sliceObject } from './support/objects.ts';
import { plainConnection } from './support/plain-connection.ts';

/** A sink that writes trigger times down, too. */
class TriggeredSink extends RecordingSink {
  readonly triggers: string[] = [];

  triggered(service: string, family: string, atMs: number): void {
    this.triggers.push(`${service} ${family} ${new Date(atMs).toISOString()}`);
  }
}

describe('the API source', () => {
  let server: TestApiServer;
  let clock: ManualClock;
  let controller: AbortController;

  beforeEach(async () => {
    server = await createTestApiServer();
    clock = new ManualClock();
    controller = new AbortController();
  });

  afterEach(async () => {
    controller.abort();
    await server.close();
  });

  function createSource() {
    const transport = new HttpTransport(plainConnection(server.url));
    return createApiSourceWith({ nodeName: 'node-1', transport }, clock);
  }

  it('has told of all kinds when its start resolves, of this node only', async () => {
    server.put(serviceObject('web'));
    server.put(sliceObject('web-1', 'web', 2));
    server.put(nodeObject('node-1', 1));
    server.put(nodeObject('node-2', 2));
    server.put(serviceCidrObject('cidrs'));
    const sink = new RecordingSink();
    await createSource().start(sink, controller.signal);
    expect(sink.take().filter((line) => line !== 'changed')).to.have.members([
      '+service default/web 80',
      '+slice default/web-1 of default/web: 2',
      `+node node-1 ${nodeIp('IPv4', 1)}`,
      `+cidrs cidrs ${SERVICE_CIDR.IPv4}`,
    ]);
  });

  it('asks for slices that are not headless, and for its node by name', async () => {
    await createSource().start(new RecordingSink(), controller.signal);
    const slices = await server.requests.until({ verb: 'watch', resource: 'endpointslices' }, 1);
    expect(new URL(slices.target, 'http://x').searchParams.get('labelSelector')).to.equal(
      '!service.kubernetes.io/headless',
    );
    const nodes = await server.requests.until({ verb: 'watch', resource: 'nodes' }, 1);
    expect(new URL(nodes.target, 'http://x').searchParams.get('fieldSelector')).to.equal(
      'metadata.name=node-1',
    );
  });

  it('does not resolve before every kind was listed', async () => {
    server.faults.add({ resource: 'endpointslices' }, { kind: 'hang' });
    let isStarted = false;
    const source = createSource();
    const started = source.start(new RecordingSink(), controller.signal).then(() => {
      isStarted = true;
    });
    for (const resource of ['services', 'nodes', 'servicecidrs']) {
      await server.requests.until({ verb: 'watch', resource }, 1);
    }
    expect(isStarted).to.equal(false);
    expect(source.freshness?.().filter(({ isSynced }) => !isSynced)).to.have.lengthOf(1);
    await server.requests.until({ verb: 'list', resource: 'endpointslices' }, 1);
    await clock.fire(30_000);
    await clock.fire(1_000);
    await started;
  });

  it('tells when the change happened that a slice shows', async () => {
    const sink = new TriggeredSink();
    await createSource().start(sink, controller.signal);
    const time = '2026-01-02T03:04:05.678Z';
    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': time };
    server.put(sliceObject('web-1', 'web', 1, { annotations }));
    await sink.takeUntil('+slice');
    expect(sink.triggers).to.deep.equal([`default/web IPv4 ${time}`]);
  });

  it('does not tell of changes in fields that do not matter', async () => {
    server.put(nodeObject('node-1'));
    const sink = new RecordingSink();
    await createSource().start(sink, controller.signal);
    await server.requests.until({ verb: 'watch', resource: 'nodes' }, 1);
    sink.take();
    server.put({
      ...nodeObject('node-1'),
      metadata: { name: 'node-1', annotations: { beat: '1' } },
    });
    server.put(nodeObject('node-1', 7));
    expect(await sink.takeUntil('changed')).to.deep.equal([
      `+node node-1 ${nodeIp('IPv4', 7)}`,
      'changed',
    ]);
  });

  it('stops while it still waits for the server', async () => {
    const source = createSource();
    await server.close();
    const started = source.start(new RecordingSink(), controller.signal);
    controller.abort(new Error('stopped'));
    const error: unknown = await started.catch((reason: unknown) => reason);
    expect(error).to.have.property('message', 'stopped');
  });

  it('closes all of its connections when the signal aborts', async () => {
    await createSource().start(new RecordingSink(), controller.signal);
    await server.requests.until({ verb: 'watch', resource: 'nodes' }, 1);
    controller.abort();
    await server.untilConnections(0);
    expect(clock.pending).to.deep.equal([]);
  });

  it('gives two agents the same picture', async () => {
    const sinks = [new RecordingSink(), new RecordingSink()];
    for (const sink of sinks) await createSource().start(sink, controller.signal);
    server.put(serviceObject('web'));
    server.put(serviceObject('web', 81));
    server.delete(serviceObject('web'));
    for (const sink of sinks) {
      const lines: string[] = [];
      while (!lines.includes('-service default/web'))
        lines.push(...(await sink.takeUntil('changed')));
      expect(lines.filter((line) => line !== 'changed')).to.deep.equal([
        '+service default/web 80',
        '+service default/web 81',
        '-service default/web',
      ]);
    }
  });

  it('asks for little: a list and a watch of each kind, and then nothing', async () => {
    await createSource().start(new RecordingSink(), controller.signal);
    for (const resource of ['services', 'endpointslices', 'nodes', 'servicecidrs']) {
      await server.requests.until({ verb: 'watch', resource }, 1);
    }
    server.bookmark();
    expect(server.requests.of({})).to.have.lengthOf(8);
  });
});
