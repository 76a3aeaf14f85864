import { expect } from 'chai';
import fc from 'fast-check';
import { endpointsOf, type EndpointQuery } from '../../../rules/services/endpoints.ts';
import type { SliceEndpoint } from '../../../rules/services/types.ts';
import { podIp } from '../../support/addresses.ts';
import { makeEndpoint, makeSlice, makeSliceEndpoint } from './builders.ts';

const HTTP: EndpointQuery = {
  port: { name: 'http', protocol: 'tcp' },
  family: 'IPv4',
  nodeName: 'node-1',
};

describe('endpointsOf', () => {
  it('combines the addresses and the port of a slice', () => {
    expect(endpointsOf([makeSlice()], HTTP)).to.deep.equal([makeEndpoint(1, 1)]);
  });

  it('writes IPv6 endpoints with brackets', () => {
    const ip = podIp('IPv6', 1, 1);
    const slice = makeSlice({ family: 'IPv6', endpoints: [makeSliceEndpoint({ ip })] });
    const [endpoint] = endpointsOf([slice], { ...HTTP, family: 'IPv6' });
    expect(endpoint?.id).to.equal(`[${ip}]:8080`);
  });

  it('collects several slices, which may have different ports under one name', () => {
    const slices = [1, 2, 3].map((pod) =>
      makeSlice({
        name: `web-${pod}`,
        ports: [{ name: 'http', protocol: 'tcp', port: 8080 + pod }],
        endpoints: [makeSliceEndpoint({ ip: podIp('IPv4', 1, pod) })],
      }),
    );
    expect(endpointsOf(slices, HTTP).map(({ id }) => id)).to.deep.equal([
      `${podIp('IPv4', 1, 1)}:8081`,
      `${podIp('IPv4', 1, 2)}:8082`,
      `${podIp('IPv4', 1, 3)}:8083`,
    ]);
  });

  it('keeps to the port name, the protocol and the family', () => {
    const slice = makeSlice({
      ports: [
        { name: 'http', protocol: 'udp', port: 1 },
        { name: '', protocol: 'tcp', port: 2 },
        { name: 'https', protocol: 'tcp', port: 3 },
      ],
    });
    expect(endpointsOf([slice], HTTP)).to.deep.equal([]);
    expect(endpointsOf([makeSlice()], { ...HTTP, family: 'IPv6' })).to.deep.equal([]);
    const udp = { ...HTTP, port: { name: 'http', protocol: 'udp' } } as const;
    expect(endpointsOf([slice], udp).map(({ port }) => port)).to.deep.equal([1]);
  });

  it('sorts by id as text', () => {
    const endpoints = [1, 9, 8].map((pod) => makeSliceEndpoint({ ip: podIp('IPv4', 1, pod) }));
    expect(endpointsOf([makeSlice({ endpoints })], HTTP).map(({ ip }) => ip)).to.deep.equal([
      podIp('IPv4', 1, 9),
      podIp('IPv4', 1, 1),
      podIp('IPv4', 1, 8),
    ]);
  });

  const localities: { name: string; nodeName: string; own: string; isLocal: boolean }[] = [
    { name: 'is local on its own node', nodeName: 'node-1', own: 'node-1', isLocal: true },
    { name: 'is not local elsewhere', nodeName: 'node-1', own: 'node-2', isLocal: false },
    { name: 'is not local in other letters', nodeName: 'Node-1', own: 'node-1', isLocal: false },
    { name: 'is not local without a node', nodeName: '', own: 'node-1', isLocal: false },
    { name: 'is not local where nobody knows the node', nodeName: '', own: '', isLocal: false },
  ];
  for (const { name, nodeName, own, isLocal } of localities) {
    it(name, () => {
      const slice = makeSlice({ endpoints: [makeSliceEndpoint({ nodeName })] });
      const [endpoint] = endpointsOf([slice], { ...HTTP, nodeName: own });
      expect(endpoint?.isLocal).to.equal(isLocal);
    });
  }

  describe('of two entries for one address and port', () => {
    const ready = { ready: true, serving: true, terminating: false };
    const unready = { ready: false, serving: false, terminating: false };
    const serving = { ready: false, serving: true, terminating: false };
    const draining = { ready: false, serving: true, terminating: true };
    const dead = { ready: false, serving: false, terminating: true };
    const publishedDying = { ready: true, serving: true, terminating: true };
    const rows: { name: string; winner: Partial<SliceEndpoint>; loser: Partial<SliceEndpoint> }[] =
      [
        { name: 'a ready one beats a terminating one', winner: ready, loser: draining },
        {
          name: 'a ready one beats a ready but terminating one',
          winner: ready,
          loser: publishedDying,
        },
        {
          name: 'a ready but terminating one beats an unready one',
          winner: publishedDying,
          loser: serving,
        },
        { name: 'a serving one beats one that does not serve', winner: serving, loser: unready },
        {
          name: 'a live one beats a terminating one that serves',
          winner: unready,
          loser: draining,
        },
        { name: 'a draining one beats a dead one', winner: draining, loser: dead },
        { name: 'one with a node beats one without', winner: ready, loser: { nodeName: '' } },
        { name: 'the greater node name wins', winner: { nodeName: 'node-2' }, loser: ready },
        {
          name: 'the greater zone hints win',
          winner: { zoneHints: ['b'] },
          loser: { zoneHints: ['a'] },
        },
        {
          name: 'one with node hints beats one without',
          winner: { nodeHints: ['node-1'] },
          loser: ready,
        },
      ];
    for (const { name, winner, loser } of rows) {
      it(name, () => {
        const [first, second] = [winner, loser].map(makeSliceEndpoint);
        const slices = [first, second].map((endpoint, i) =>
          makeSlice({ name: `web-${i}`, endpoints: endpoint === undefined ? [] : [endpoint] }),
        );
        const expected = endpointsOf(slices.slice(0, 1), HTTP);
        expect(endpointsOf(slices, HTTP)).to.deep.equal(expected);
        expect(endpointsOf(slices.toReversed(), HTTP)).to.deep.equal(expected);
      });
    }

    it('the greater weight wins at last', () => {
      const slices = [1, 5].map((weight) => makeSlice({ name: `web-${weight}`, weight }));
      for (const order of [slices, slices.toReversed()]) {
        expect(endpointsOf(order, HTTP).map(({ weight }) => weight)).to.deep.equal([5]);
      }
    });

    it('within one slice, one counts too', () => {
      const endpoints = [draining, ready].map(makeSliceEndpoint);
      expect(endpointsOf([makeSlice({ endpoints })], HTTP)).to.deep.equal([makeEndpoint(1, 1)]);
    });
  });

  it('does not depend on the order of slices and endpoints', () => {
    const endpoint = fc
      .record({
        ip: fc.constantFrom(podIp('IPv4', 1, 1), podIp('IPv4', 1, 2)),
        ready: fc.boolean(),
        serving: fc.boolean(),
        terminating: fc.boolean(),
        nodeName: fc.constantFrom('', 'node-1', 'node-2'),
        zoneHints: fc.constantFrom([], ['a'], ['a', 'b']),
        nodeHints: fc.constantFrom([], ['node-1']),
      })
      .map(makeSliceEndpoint);
    const endpoints = fc.array(endpoint, { maxLength: 8 });
    const orders = endpoints.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length }),
        fc.nat(list.length),
      ),
    );
    fc.assert(
      fc.property(orders, ([list, shuffled, cut]) => {
        const whole = endpointsOf([makeSlice({ endpoints: list })], HTTP);
        const parts = [shuffled.slice(cut), shuffled.slice(0, cut)];
        const split = parts.map((part, i) => makeSlice({ name: `web-${i}`, endpoints: part }));
        expect(endpointsOf(split, HTTP)).to.deep.equal(whole);
      }),
    );
  });
});
