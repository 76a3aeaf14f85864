import { expect } from 'chai';
import { ServiceHealth } from '../../../agent/health/service-health.ts';
import type { HttpAnswer } from '../../../agent/http/answer.ts';
import type { Place } from '../../../agent/http/bind-address.ts';
import type { Listening, Responder } from '../../../agent/http/listener.ts';
import type { Ip } from '../../../rules/ip.ts';
import { serviceKey } from '../../../rules/services/keys.ts';
import type { ServiceKey, ServicePort } from '../../../rules/services/types.ts';
import type { Changes } from '../../../rules/services/world.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../../rules/services/builders.ts';
import { nodeIp } from '../../support/addresses.ts';
import { question } from '../support/http.ts';
import { syncOf } from './support.ts';

const WEB = serviceKey('default', 'web');
const OTHER = serviceKey('shop', 'cart');

/** Places that are listened at, by `host:port`, and what answers there; `taken` cannot be had. */
class FakeNetwork {
  readonly open = new Map<string, Responder>();
  readonly taken = new Set<string>();

  readonly listen = ({ host, port }: Place, responder: Responder): Promise<Listening> => {
    const place = `${host}:${port}`;
    if (this.taken.has(place) || this.open.has(place)) {
      return Promise.reject(new Error(`EADDRINUSE ${place}`));
    }
    this.open.set(place, responder);
    const close = (): Promise<void> => {
      this.open.delete(place);
      return Promise.resolve();
    };
    return Promise.resolve({ port, close });
  };

  get places(): string[] {
    return [...this.open.keys()].sort();
  }

  async ask(place: string): Promise<HttpAnswer> {
    const responder = this.open.get(place);
    if (responder === undefined) throw new Error(`nothing listens at ${place}`);
    return await responder.answer(question('/whatever'));
  }
}

function setUp() {
  const network = new FakeNetwork();
  const state = { ips: ['0.0.0.0'], isHealthy: true };
  const failures: string[] = [];
  const health = new ServiceHealth({
    family: 'IPv4',
    bindIps: () => state.ips as Ip[],
    listen: network.listen,
    isProxyHealthy: () => state.isHealthy,
    failed: (service, error) => failures.push(`${service}: ${error.message}`),
  });
  /** A sync with these Services changed. */
  const sync = async (...changed: [ServiceKey, ServicePort[]][]): Promise<void> => {
    health.started(changesOf(changed));
    health.synced(syncOf('IPv4'));
    await health.settled();
  };
  return { network, state, failures, health, sync };
}

function changesOf(changed: [ServiceKey, ServicePort[]][]): Changes {
  const ports = new Map(changed);
  return { ports, nodeChanged: false, serviceCidrsChanged: false, recomputed: ports.size };
}

/** Ports of a Service with this health-check node port and this many pods on this node. */
function portsWith(service: ServiceKey, healthCheckNodePort: number, pods = 1): ServicePort[] {
  const all = Array.from({ length: pods }, (_, index) => makeEndpoint(1, index + 1));
  return [makeServicePort({ service, healthCheckNodePort, endpoints: makeChosen({ all }) })];
}

describe('ServiceHealth', () => {
  it('serves the number of local endpoints as load balancers want it', async () => {
    const { network, sync } = setUp();
    await sync([WEB, portsWith(WEB, 31000, 2)]);
    expect(await network.ask('0.0.0.0:31000')).to.deep.equal({
      status: 200,
      headers: {
        'Content-Type': 'application/json',
        'X-Content-Type-Options': 'nosniff',
        'X-Load-Balancing-Endpoint-Weight': '2',
      },
      body: [
        '{',
        '\t"service": {',
        '\t\t"namespace": "default",',
        '\t\t"name": "web"',
        '\t},',
        '\t"localEndpoints": 2,',
        '\t"serviceProxyHealthy": true',
        '}',
      ].join('\n'),
    });
  });

  it('answers 503 without local endpoints, and when the proxy does not keep up', async () => {
    const { network, state, sync } = setUp();
    await sync([WEB, portsWith(WEB, 31000, 0)], [OTHER, portsWith(OTHER, 31001)]);
    expect((await network.ask('0.0.0.0:31000')).status).to.equal(503);
    expect((await network.ask('0.0.0.0:31001')).status).to.equal(200);
    state.isHealthy = false;
    const { status, body, headers } = await network.ask('0.0.0.0:31001');
    expect(status).to.equal(503);
    expect(body).to.include('"serviceProxyHealthy": false');
    expect(headers['X-Load-Balancing-Endpoint-Weight']).to.equal('1');
  });

  it('opens, moves and closes with the Services', async () => {
    const { network, sync } = setUp();
    await sync([WEB, portsWith(WEB, 31000)], [OTHER, portsWith(OTHER, 31001)]);
    expect(network.places).to.deep.equal(['0.0.0.0:31000', '0.0.0.0:31001']);
    await sync([WEB, portsWith(WEB, 31002)], [OTHER, portsWith(OTHER, 0)]);
    expect(network.places).to.deep.equal(['0.0.0.0:31002']);
    await sync([WEB, []]);
    expect(network.places).to.deep.equal([]);
  });

  it('keeps a server open whose numbers change', async () => {
    const { network, sync } = setUp();
    await sync([WEB, portsWith(WEB, 31000, 1)]);
    const before = network.open.get('0.0.0.0:31000');
    await sync([WEB, portsWith(WEB, 31000, 2)]);
    expect(network.open.get('0.0.0.0:31000')).to.equal(before);
    expect((await network.ask('0.0.0.0:31000')).body).to.include('"localEndpoints": 2');
  });

  it('lets a port go from one Service to another within a sync', async () => {
    const { network, failures, sync } = setUp();
    await sync([WEB, portsWith(WEB, 31000)]);
    await sync([OTHER, portsWith(OTHER, 31000)], [WEB, []]);
    expect((await network.ask('0.0.0.0:31000')).body).to.include('"name": "cart"');
    expect(failures).to.deep.equal([]);
  });

  it("listens at each of the node's addresses, and follows when they change", async () => {
    const { network, state, sync } = setUp();
    const [first, second] = [nodeIp('IPv4', 1), nodeIp('IPv4', 2)];
    state.ips = [first, '127.0.0.1'];
    await sync([WEB, portsWith(WEB, 31000)]);
    expect(network.places).to.deep.equal(['127.0.0.1:31000', `${first}:31000`]);
    state.ips = [second];
    await sync();
    expect(network.places).to.deep.equal([`${second}:31000`]);
  });

  it('waits with every change for a sync that succeeds', async () => {
    const { network, health } = setUp();
    health.started(changesOf([[WEB, portsWith(WEB, 31000)]]));
    health.synced(syncOf('IPv4', { error: new Error('failed') }));
    health.synced(syncOf('IPv6'));
    await health.settled();
    expect(network.places).to.deep.equal([]);
    health.started(changesOf([]));
    health.synced(syncOf('IPv4'));
    await health.settled();
    expect(network.places).to.deep.equal(['0.0.0.0:31000']);
  });

  it('serves at all addresses or at none, tells once, and tries again with every sync', async () => {
    const { network, state, failures, sync } = setUp();
    state.ips = ['127.0.0.1', '127.0.0.2'];
    network.taken.add('127.0.0.2:31000');
    await sync([WEB, portsWith(WEB, 31000)]);
    await sync();
    expect(network.places).to.deep.equal([]);
    expect(failures).to.deep.equal(['default/web: EADDRINUSE 127.0.0.2:31000']);
    network.taken.clear();
    await sync();
    expect(network.places).to.have.lengthOf(2);
  });

  it('tells again of a Service that went and came back', async () => {
    const { network, failures, sync } = setUp();
    network.taken.add('0.0.0.0:31000');
    await sync([WEB, portsWith(WEB, 31000)]);
    await sync([WEB, []]);
    await sync([WEB, portsWith(WEB, 31000)]);
    expect(failures).to.have.lengthOf(2);
  });

  it('gives one of two Services with the same port its server, and tells of the other', async () => {
    const { network, failures, sync } = setUp();
    await sync([WEB, portsWith(WEB, 31000)], [OTHER, portsWith(OTHER, 31000)]);
    expect((await network.ask('0.0.0.0:31000')).body).to.include('"name": "web"');
    expect(failures).to.deep.equal(['shop/cart: EADDRINUSE 0.0.0.0:31000']);
  });

  it('closes everything when it stops, and opens nothing afterwards', async () => {
    const { network, health, sync } = setUp();
    await sync([WEB, portsWith(WEB, 31000)]);
    await health.stop();
    await health.stop();
    await sync([OTHER, portsWith(OTHER, 31001)]);
    expect(network.places).to.deep.equal([]);
  });
});
