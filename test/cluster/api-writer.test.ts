import { expect } from 'chai';
import { clusterIp } from '../support/addresses.ts';
import { rejectionOf } from '../support/rejection.ts';
import { nodeObject, sliceObject } from '../agent/cluster/api/support/objects.ts';
import { ApiClient, RefusedError } from './api-client.ts';
import { ApiWriter } from './api-writer.ts';
import { certificatesObstacle } from './certificates.ts';
import type { JsonObject } from './json.ts';
import type { ApiServer } from './server.ts';
import { createTestServer } from './test-server.ts';

const SERVICES = '/api/v1/namespaces/default/services';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

describe('a writer to the API', () => {
  let server: ApiServer;
  let client: ApiClient;
  let writer: ApiWriter;

  before(async function () {
    if ((await certificatesObstacle()) !== undefined) this.skip();
  });
  beforeEach(async () => {
    server = await createTestServer();
    client = new ApiClient(server.access('admin'));
    writer = new ApiWriter(client);
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  const get = (path: string): Promise<JsonObject> => client.json('GET', path);

  async function namesIn(path: string): Promise<unknown> {
    const { items } = await get(path);
    return (items as JsonObject[]).map(({ metadata }) => (metadata as JsonObject).name);
  }

  it('creates, replaces and deletes, until there is what is wanted', async () => {
    await writer.replaceAll([service('a', 1), service('b', 2), sliceObject('a-1', 'a', 1)]);
    await writer.replaceAll([service('a', 1, 81), service('c', 2), sliceObject('a-1', 'a', 2)]);
    expect(await namesIn(SERVICES)).to.deep.equal(['a', 'c']);
    expect(await get(`${SERVICES}/a`)).to.have.nested.property('spec.ports[0].port', 81);
    expect(await get(`${SLICES}/a-1`))
      .to.have.property('endpoints')
      .with.length(2);
  });

  it('leaves alone what others wrote, and what is as it was', async () => {
    await client.json('POST', SERVICES, service('other', 3));
    await writer.replaceAll([service('a', 1)]);
    const before = await get(`${SERVICES}/a`);
    await writer.replaceAll([service('a', 1), service('b', 2)]);
    expect(await get(`${SERVICES}/a`)).to.deep.equal(before);
    expect(await namesIn(SERVICES)).to.deep.equal(['a', 'b', 'other']);
  });

  it('writes the status to where the server takes it', async () => {
    const status = { loadBalancer: { ingress: [{ ip: clusterIp('IPv4', 9) }] } };
    await writer.replaceAll([{ ...service('a', 1), status }, nodeObject('node-1')]);
    expect(await get(`${SERVICES}/a`))
      .to.have.property('status')
      .that.deep.equals(status);
    expect(await get('/api/v1/nodes/node-1')).to.have.nested.property('status.addresses');
    await writer.replaceAll([{ ...service('a', 1, 81), status }, nodeObject('node-1')]);
    expect(await get(`${SERVICES}/a`))
      .to.have.property('status')
      .that.deep.equals(status);
  });

  it('makes a Service anew whose ClusterIP changes', async () => {
    await writer.replaceAll([service('a', 1)]);
    await writer.replaceAll([service('a', 2)]);
    expect(await get(`${SERVICES}/a`)).to.have.nested.property(
      'spec.clusterIP',
      clusterIp('IPv4', 2),
    );
  });

  it('creates what is to be older a second before', async () => {
    const metadata = (name: string, creationTimestamp: string) => ({ name, creationTimestamp });
    await writer.replaceAll([
      { ...service('young', 1), metadata: metadata('young', '2026-02-01T00:00:00Z') },
      { ...service('old', 2), metadata: metadata('old', '2026-01-01T00:00:00Z') },
    ]);
    const createdAt = async (name: string): Promise<unknown> => {
      const { metadata } = await get(`${SERVICES}/${name}`);
      return (metadata as JsonObject).creationTimestamp;
    };
    expect(String(await createdAt('old')) < String(await createdAt('young'))).to.be.true;
  });
});

describe('the test API server', () => {
  let server: ApiServer;
  let client: ApiClient;

  before(async function () {
    if ((await certificatesObstacle()) !== undefined) this.skip();
  });
  beforeEach(async () => {
    server = await createTestServer();
    client = new ApiClient(server.access('admin'));
    await client.json('POST', SERVICES, { ...service('a', 1), status: { anything: true } });
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  const refusalOf = async (method: string, path: string, body?: object): Promise<string> =>
    (await rejectionOf(client.json(method, path, body), RefusedError)).message;

  it('takes the status of a Service at a path of its own only', async () => {
    expect(await client.json('GET', `${SERVICES}/a`))
      .to.have.property('status')
      .that.deep.equals({
        loadBalancer: {},
      });
    const status = { loadBalancer: { ingress: [] } };
    await client.json('PUT', `${SERVICES}/a/status`, { ...service('a', 1, 81), status });
    const after = await client.json('GET', `${SERVICES}/a`);
    expect(after).to.have.property('status').that.deep.equals(status);
    expect(after).to.have.nested.property('spec.ports[0].port', 80);
    expect(await refusalOf('GET', `${SERVICES}/a/scale`)).to.include('404');
    expect(await refusalOf('GET', `${SLICES}/a/status`)).to.include('404');
  });

  it('keeps nothing of what is only tried', async () => {
    await client.json('POST', `${SERVICES}?dryRun=All`, service('b', 2));
    expect(await refusalOf('GET', `${SERVICES}/b`)).to.include('404');
    expect(await refusalOf('DELETE', `${SERVICES}/a?dryRun=All`)).to.include('400');
  });

  it('keeps the ClusterIP of a Service that is replaced, and takes no other', async () => {
    await client.json('PUT', `${SERVICES}/a`, { ...service('a', 1), spec: { ports: [] } });
    expect(await client.json('GET', `${SERVICES}/a`)).to.have.nested.property(
      'spec.clusterIP',
      clusterIp('IPv4', 1),
    );
    expect(await refusalOf('PUT', `${SERVICES}/a`, service('a', 2))).to.include(
      'may not change once set',
    );
  });

  it('is back with what it had, at the same port, after it was ended', async () => {
    const { url } = server.access('admin');
    await server.kill();
    await rejectionOf(client.json('GET', `${SERVICES}/a`), Error);
    await server.restart();
    expect(server.access('admin').url).to.equal(url);
    expect(await client.json('GET', `${SERVICES}/a`)).to.have.nested.property('metadata.name', 'a');
  });
});

// --- internal ---

function service(name: string, number: number, port = 80): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { clusterIP: clusterIp('IPv4', number), ports: [{ port }] },
  };
}
