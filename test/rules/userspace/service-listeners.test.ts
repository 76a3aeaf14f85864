import { expect } from 'chai';
import { joinHostPort, type Ip } from '../../../rules/ip.ts';
import type { ChosenEndpoints, Frontend, ServicePort } from '../../../rules/services/types.ts';
import {
  nodePortListeners,
  redirectedListenerId,
  redirectedListeners,
  redirectedPort,
} from '../../../rules/userspace/service-listeners.ts';
import { nodeIp } from '../../support/addresses.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../services/builders.ts';

const NODE = nodeIp('IPv4', 1);
const LOCALHOST = '127.0.0.1' as Ip;
const HERE = makeEndpoint(1, 1);
const THERE = makeEndpoint(2, 1, { weight: 3 });
const DEFAULTS = { loadBalancing: 'round-robin' } as const;
const NODE_PORT: Frontend = { kind: 'NodePort', ip: undefined, protocol: 'tcp', port: 30_080 };

const BOTH_LISTS = makeChosen({ cluster: [HERE, THERE], local: [HERE], all: [], hasAny: true });

/** Every listener listens, those for local endpoints at another port. */
const portOf = (id: string): number => (id.endsWith('local') ? 20_002 : 20_001);

const port = (endpoints: ChosenEndpoints, fields: Partial<ServicePort> = {}): ServicePort =>
  makeServicePort({ endpoints, ...fields });

describe('redirectedListeners', () => {
  const idsOf = (given: ServicePort): string[] =>
    redirectedListeners(given, NODE, portOf, DEFAULTS).map(({ id }) => id);

  it('are one for each list of endpoints that has any', () => {
    const lists = (endpoints: ChosenEndpoints): string[] =>
      idsOf(port(endpoints)).map((id) => id.split(' ').at(-1) ?? '');
    expect(lists(BOTH_LISTS)).to.deep.equal(['cluster', 'local']);
    expect(lists(makeChosen({ ...BOTH_LISTS, local: [] }))).to.deep.equal(['cluster']);
    expect(lists(makeChosen({ ...BOTH_LISTS, cluster: [] }))).to.deep.equal(['local']);
    expect(lists(makeChosen())).to.be.empty;
  });

  it('have ids that no other service port has, of the other family either', () => {
    const ids = (['IPv4', 'IPv6'] as const).flatMap((family) =>
      idsOf(port(BOTH_LISTS, { family })),
    );
    expect(new Set(ids).size).to.equal(4);
  });

  it('carry what the Service asks for', () => {
    const [listener] = redirectedListeners(
      port(BOTH_LISTS, { affinitySeconds: 60, loadBalancing: 'random', sendsProxyHeader: true }),
      NODE,
      portOf,
      DEFAULTS,
    );
    expect(listener).to.deep.include({
      ips: [NODE],
      port: 20_001,
      loadBalancing: 'random',
      affinitySeconds: 60,
      sendsProxyHeader: true,
    });
    expect(listener?.endpoints.map(({ id, weight }) => [id, weight])).to.deep.equal([
      [HERE.id, 1],
      [THERE.id, 3],
    ]);
  });

  it('balance as configured where the Service does not say', () => {
    const [listener] = redirectedListeners(port(BOTH_LISTS), NODE, portOf, DEFAULTS);
    expect(listener?.loadBalancing).to.equal('round-robin');
  });

  it('send no PROXY protocol headers over UDP, and do not exist for SCTP', () => {
    const over = (protocol: ServicePort['protocol']): boolean[] =>
      redirectedListeners(
        port(BOTH_LISTS, { protocol, sendsProxyHeader: true }),
        NODE,
        portOf,
        DEFAULTS,
      ).map(({ sendsProxyHeader }) => sendsProxyHeader);
    expect(over('udp')).to.deep.equal([false, false]);
    expect(over('sctp')).to.be.empty;
  });
});

describe('redirectedPort', () => {
  const placesOf = (given: ServicePort): Record<string, string[]> => ({
    cluster: given.endpoints.cluster.map(({ id }) => id),
    local: given.endpoints.local.map(({ id }) => id),
  });

  it('has a listener in the place of each list of endpoints, and leaves affinity to it', () => {
    const ruled = redirectedPort(port(BOTH_LISTS, { affinitySeconds: 60 }), NODE, portOf);
    expect(placesOf(ruled)).to.deep.equal({
      cluster: [joinHostPort(NODE, 20_001)],
      local: [joinHostPort(NODE, 20_002)],
    });
    expect(ruled.endpoints.hasAny).to.equal(true);
    expect(ruled.affinitySeconds).to.equal(undefined);
  });

  it('has none where there are no endpoints, and still knows that there are some elsewhere', () => {
    const elsewhere = makeChosen({ cluster: [], local: [], all: [], hasAny: true });
    const ruled = redirectedPort(port(elsewhere), NODE, portOf);
    expect(placesOf(ruled)).to.deep.equal({ cluster: [], local: [] });
    expect(ruled.endpoints.hasAny).to.equal(true);
  });

  it('is as without endpoints when one of its listeners does not listen', () => {
    const missing = redirectedListenerId(port(BOTH_LISTS), 'local');
    const ruled = redirectedPort(port(BOTH_LISTS), NODE, (id) =>
      id === missing ? undefined : 20_001,
    );
    expect(ruled.endpoints).to.deep.equal(makeChosen());
  });

  it('is left alone for SCTP', () => {
    const sctp = port(BOTH_LISTS, { protocol: 'sctp' });
    expect(redirectedPort(sctp, NODE, portOf)).to.equal(sctp);
  });
});

describe('nodePortListeners', () => {
  const reached = (fields: Partial<ServicePort>): (string[] | undefined)[] =>
    nodePortListeners(
      port(BOTH_LISTS, { frontends: [NODE_PORT], ...fields }),
      [LOCALHOST],
      DEFAULTS,
    ).map(({ endpoints }) => endpoints.map(({ id }) => id));

  it('lead where external traffic from outside may go', () => {
    expect(reached({ externalPolicy: 'Cluster' })).to.deep.equal([[HERE.id, THERE.id]]);
    expect(reached({ externalPolicy: 'Local' })).to.deep.equal([[HERE.id]]);
  });

  it('listen at the node port itself', () => {
    const [listener] = nodePortListeners(
      port(BOTH_LISTS, { frontends: [NODE_PORT] }),
      [LOCALHOST],
      DEFAULTS,
    );
    expect(listener).to.deep.include({ ips: [LOCALHOST], port: 30_080 });
  });

  it('are none without a node port, an endpoint or an address', () => {
    expect(reached({ frontends: [] })).to.be.empty;
    expect(reached({ endpoints: makeChosen() })).to.be.empty;
    expect(reached({ protocol: 'sctp' })).to.be.empty;
    const wanted = port(BOTH_LISTS, { frontends: [NODE_PORT] });
    expect(nodePortListeners(wanted, [], DEFAULTS)).to.be.empty;
  });
});
