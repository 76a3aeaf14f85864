import { expect } from 'chai';
import type { Cidr } from '../../../rules/ip.ts';
import {
  externalEndpointsOf,
  hasExternalEndpoints,
  hasInternalEndpoints,
  internalEndpointsOf,
  isDispatchedExternally,
  isExternallyAccessible,
  noExternalEndpointsAction,
  noInternalEndpointsAction,
  sourcesAllowedFor,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from '../../../rules/services/traffic.ts';
import type { Frontend, ServicePort, TrafficPolicy } from '../../../rules/services/types.ts';
import { clusterIp, externalIp, nodeIp } from '../../support/addresses.ts';
import { makeChosen, makeEndpoint, makeServicePort } from './builders.ts';

const INSIDE: Frontend = { kind: 'ClusterIP', ip: clusterIp('IPv4', 1), protocol: 'tcp', port: 80 };
const VIP: Frontend = {
  kind: 'LoadBalancer',
  ip: externalIp('IPv4', 1),
  protocol: 'tcp',
  port: 80,
};
const OUTSIDE: readonly Frontend[] = [
  VIP,
  { kind: 'ExternalIP', ip: externalIp('IPv4', 2), protocol: 'tcp', port: 80 },
  { kind: 'NodePort', ip: undefined, protocol: 'tcp', port: 30080 },
];

describe('traffic', () => {
  describe('isExternallyAccessible', () => {
    it('is false with a ClusterIP alone, or with nothing', () => {
      expect(isExternallyAccessible({ frontends: [INSIDE] })).to.equal(false);
      expect(isExternallyAccessible({ frontends: [] })).to.equal(false);
    });
    for (const frontend of OUTSIDE) {
      it(`is true with a frontend of kind ${frontend.kind}`, () => {
        expect(isExternallyAccessible({ frontends: [INSIDE, frontend] })).to.equal(true);
      });
    }
  });

  describe('which lists a service port needs', () => {
    // internal policy, external policy, accessible from outside -> cluster, local
    const rows: [TrafficPolicy, TrafficPolicy, boolean, boolean, boolean][] = [
      ['Cluster', 'Cluster', false, true, false],
      ['Cluster', 'Cluster', true, true, false],
      ['Cluster', 'Local', false, true, false],
      ['Cluster', 'Local', true, true, true],
      ['Local', 'Cluster', false, false, true],
      ['Local', 'Cluster', true, true, true],
      ['Local', 'Local', false, false, true],
      ['Local', 'Local', true, true, true],
    ];
    for (const [internalPolicy, externalPolicy, isAccessible, cluster, local] of rows) {
      const where = isAccessible ? 'accessible from outside' : 'inside only';
      it(`internal ${internalPolicy}, external ${externalPolicy}, ${where}`, () => {
        const frontends = isAccessible ? [INSIDE, VIP] : [INSIDE];
        const policies = { internalPolicy, externalPolicy, frontends };
        expect(usesClusterEndpoints(policies)).to.equal(cluster);
        expect(usesLocalEndpoints(policies)).to.equal(local);
      });
    }
  });

  describe('what happens without endpoints', () => {
    // policy, any endpoints, how many of them are here -> action
    const rows: [TrafficPolicy, boolean, number, 'reject' | 'drop' | undefined][] = [
      ['Cluster', false, 0, 'reject'],
      ['Cluster', true, 0, undefined],
      ['Cluster', true, 1, undefined],
      ['Local', false, 0, 'reject'],
      ['Local', true, 0, 'drop'],
      ['Local', true, 1, undefined],
    ];
    const otherPolicies: readonly TrafficPolicy[] = ['Cluster', 'Local'];
    for (const [policy, hasAny, localCount, action] of rows) {
      for (const other of otherPolicies) {
        const title =
          `${policy} traffic ${hasAny ? `with ${localCount} local endpoints` : 'without endpoints'}: ` +
          `${action ?? 'goes through'}, though the other policy is ${other}`;
        it(title, () => {
          const local = localCount === 0 ? [] : [makeEndpoint(1, 1)];
          const endpoints = makeChosen({ hasAny, local });
          const internal = makeServicePort({
            internalPolicy: policy,
            externalPolicy: other,
            endpoints,
          });
          expect(noInternalEndpointsAction(internal)).to.equal(action);
          expect(hasInternalEndpoints(internal)).to.equal(action === undefined);
          const external = makeServicePort({
            internalPolicy: other,
            externalPolicy: policy,
            endpoints,
          });
          expect(noExternalEndpointsAction(external)).to.equal(action);
          expect(hasExternalEndpoints(external)).to.equal(action === undefined);
        });
      }
    }
  });

  it('dispatches external traffic even without local endpoints, for the short-circuits', () => {
    const endpoints = makeChosen({ cluster: [makeEndpoint(2, 1)], hasAny: true });
    const port = makeServicePort({ frontends: [INSIDE, VIP], externalPolicy: 'Local', endpoints });
    expect(isDispatchedExternally(port)).to.equal(true);
    expect(hasExternalEndpoints(port)).to.equal(false);
    expect(isDispatchedExternally({ ...port, endpoints: makeChosen() })).to.equal(false);
    expect(isDispatchedExternally({ ...port, frontends: [INSIDE] })).to.equal(false);
  });

  it('sends each sort of traffic to the endpoints of its policy', () => {
    const endpoints = makeChosen({ cluster: [makeEndpoint(2, 1)], local: [makeEndpoint(1, 1)] });
    const port = makeServicePort({ internalPolicy: 'Cluster', externalPolicy: 'Local', endpoints });
    expect(internalEndpointsOf(port)).to.equal(endpoints.cluster);
    expect(externalEndpointsOf(port)).to.equal(endpoints.local);
    const swapped = { ...port, internalPolicy: 'Local', externalPolicy: 'Cluster' } as const;
    expect(internalEndpointsOf(swapped)).to.equal(endpoints.local);
    expect(externalEndpointsOf(swapped)).to.equal(endpoints.cluster);
  });

  describe('sourcesAllowedFor', () => {
    const clients = '198.51.100.0/24' as Cidr;
    const nodes = '192.168.50.0/24' as Cidr;
    const vip = `${externalIp('IPv4', 1)}/32`;
    const node = { ips: [nodeIp('IPv4', 1), nodeIp('IPv6', 1)] };
    const port = (sourceRanges: Cidr[], frontends: readonly Frontend[]): ServicePort =>
      makeServicePort({ sourceRanges, frontends: [INSIDE, ...frontends] });

    it('is empty, for everybody, without ranges', () => {
      expect(sourcesAllowedFor(port([], OUTSIDE), node)).to.deep.equal([]);
    });

    it('is the ranges when this node is in none', () => {
      expect(sourcesAllowedFor(port([clients], OUTSIDE), node)).to.deep.equal([clients]);
    });

    it('adds the VIPs, and no other frontends, when this node is in a range', () => {
      const allowed = sourcesAllowedFor(port([nodes, clients], OUTSIDE), node);
      expect(allowed).to.deep.equal([nodes, clients, vip]);
    });

    it('does not add a VIP that lies in a range already', () => {
      const all = '0.0.0.0/0' as Cidr;
      expect(sourcesAllowedFor(port([all], OUTSIDE), node)).to.deep.equal([all]);
    });

    it('does not take an address of the other family for being in a range', () => {
      const onlyIPv6 = { ips: [nodeIp('IPv6', 1)] };
      expect(sourcesAllowedFor(port([nodes], OUTSIDE), onlyIPv6)).to.deep.equal([nodes]);
    });
  });
});
