import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { parse } from 'yaml';
import { useTempFolder } from '../agent/cluster/support/temp-folder.ts';
import { serviceObject } from '../agent/cluster/support/manifests.ts';
import {
  nodeObject,
  serviceCidrObject,
  sliceObject,
} from '../agent/cluster/api/support/objects.ts';
import { createTestApiServer, type TestApiServer } from './api-server.ts';

const FOUR_KINDS = [
  { type: 'service', name: 'web', object: serviceObject('web') },
  { type: 'endpointslice.discovery.k8s.io', name: 'web-1', object: sliceObject('web-1', 'web') },
  { type: 'node', name: 'node-1', object: nodeObject('node-1') },
  { type: 'servicecidr.networking.k8s.io', name: 'cidrs', object: serviceCidrObject('cidrs') },
];

describe('kubectl with the test API server', function () {
  this.timeout(60_000);
  const at = useTempFolder();
  let server: TestApiServer;

  before(async function () {
    const { failed } = await execa('kubectl', ['version', '--client'], { reject: false });
    // What is skipped says by its name that kubectl is missing.
    if (failed) this.skip();
  });

  beforeEach(async () => {
    server = await createTestApiServer();
    await writeFile(at('kubeconfig'), server.kubeconfig());
  });

  afterEach(async () => {
    await server.close();
  });

  function start(...args: string[]) {
    return execa('kubectl', ['--kubeconfig', at('kubeconfig'), ...args], {
      // Its caches go where the test cleans up.
      env: { HOME: at(), KUBECACHEDIR: at('cache') },
    });
  }

  async function kubectl(...args: string[]): Promise<string[]> {
    const { stdout } = await start(...args);
    return stdout.split('\n').filter((line) => line !== '');
  }

  async function apply(...objects: object[]): Promise<string[]> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    await writeFile(at('objects.json'), JSON.stringify(list));
    return await kubectl('apply', '-f', at('objects.json'));
  }

  it('applies, gets, applies again and deletes the four kinds', async () => {
    const names = FOUR_KINDS.map(({ type, name }) => `${type}/${name}`);
    const objects = FOUR_KINDS.map(({ object }) => object);
    expect(await apply(...objects)).to.deep.equal(names.map((name) => `${name} created`));
    expect(
      await kubectl('get', 'services,endpointslices,nodes,servicecidrs', '-o', 'name'),
    ).to.deep.equal(names);
    expect(await apply(...objects)).to.deep.equal(names.map((name) => `${name} unchanged`));
    expect(await kubectl('delete', '-f', at('objects.json'))).to.deep.equal(
      FOUR_KINDS.map(({ type, name }) => `${type} "${name}" deleted`),
    );
    expect(await kubectl('get', 'services', '-o', 'name')).to.deep.equal([]);
  });

  for (const [type, patch] of [
    ['strategic', '{"spec":{"ports":[{"port":81,"name":"b"}]}}'],
    ['merge', '{"spec":{"ports":[{"port":80,"name":"a"},{"port":81,"name":"b"}]}}'],
    ['json', '[{"op":"add","path":"/spec/ports/-","value":{"port":81,"name":"b"}}]'],
  ] as const) {
    it(`patches a Service by a ${type} patch`, async () => {
      server.put(serviceObject('web'));
      await kubectl('patch', 'service', 'web', '--type', type, '-p', patch);
      const [ports] = await kubectl('get', 'svc', 'web', '-o', 'jsonpath={.spec.ports[*].port}');
      expect(ports).to.equal('80 81');
    });
  }

  it('changes what it has applied', async () => {
    await apply(serviceObject('web', 80));
    expect(await apply(serviceObject('web', 81))).to.deep.equal(['service/web configured']);
    const [ports] = await kubectl('get', 'svc', 'web', '-o', 'jsonpath={.spec.ports[*].port}');
    expect(ports).to.equal('81');
  });

  it('gets a Service with the address that the server gave it', async () => {
    server.put({ ...serviceObject('web'), spec: { ports: [{ port: 80 }] } });
    const text = (await kubectl('get', 'service', 'web', '-o', 'yaml')).join('\n');
    expect(parse(text))
      .to.have.nested.property('spec.clusterIP')
      .that.matches(/^10\.96\.255\./);
  });

  it('selects by label and by field', async () => {
    const labels = { app: 'web' };
    server.put({ ...serviceObject('web'), metadata: { name: 'web', labels } });
    server.put(serviceObject('other'));
    expect(await kubectl('get', 'services', '-l', 'app=web', '-o', 'name')).to.deep.equal([
      'service/web',
    ]);
    expect(
      await kubectl('get', 'services', '--field-selector', 'metadata.name=other', '-o', 'name'),
    ).to.deep.equal(['service/other']);
  });

  it('lists Events that were written as agents write them, and says what is wrong with others', async () => {
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'node-1.1', namespace: 'default' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'switchyard',
      reportingInstance: 'switchyard-node-1',
      regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-1' },
      type: 'Normal',
      reason: 'Starting',
      action: 'StartKubeProxy',
      note: 'at last',
    };
    server.put(event);
    const [, line] = await kubectl('events');
    expect(line).to.match(/Normal +Starting +Node\/node-1 +at last/);
    server.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } });
    expect(await kubectl('events', '--for', 'node/node-1')).to.have.length(2);
    expect(() => {
      server.put({ ...event, metadata: { name: 'b' }, eventTime: '2026-01-01T00:00:00Z' });
    }).to.throw('eventTime: a time with six digits is required');
  });

  it('watches', async () => {
    server.put(serviceObject('web'));
    const watching = start('get', 'services', '--watch', '-o', 'name');
    const seen: string[] = [];
    async function read(): Promise<void> {
      for await (const line of watching) {
        seen.push(line);
        // It would watch for ever.
        if (line === 'service/new') watching.kill();
      }
    }
    const ended = read().catch((error: unknown) => error);
    await server.requests.until({ verb: 'watch', resource: 'services' }, 1);
    server.put(serviceObject('new'));
    await ended;
    expect(seen).to.deep.equal(['service/web', 'service/new']);
  });
});
