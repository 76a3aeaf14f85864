import { expect } from 'chai';
import { IP_FAMILIES, type IpFamily } from '../../../rules/ip.ts';
import { healthCheckOf } from '../../../rules/services/health-check.ts';
import { servicePortsOf } from '../../../rules/services/service-ports.ts';
import {
  hasExternalEndpoints,
  hasInternalEndpoints,
  noExternalEndpointsAction,
  noInternalEndpointsAction,
} from '../../../rules/services/traffic.ts';
import type { EndpointSlice, Service, ServicePort } from '../../../rules/services/types.ts';
import { clusterIp, externalIp, podIp } from '../../support/addresses.ts';
import {
  makeEndpoint,
  makeService,
  makeServicePort,
  makeSlice,
  makeSliceEndpoint,
  parsedService,
  parsedSlice,
  rawEndpoint,
  rawService,
  rawSlice,
} from './builders.ts';

const PLACE = { name: 'node-1', zone: 'a' };
const REMOTE = makeSliceEndpoint({ ip: podIp('IPv4', 2, 1), nodeName: 'node-2' });

describe('servicePortsOf', () => {
  it('decides everything about a plain Service', () => {
    const endpoint = makeEndpoint(1, 1);
    const endpoints = { cluster: [endpoint], local: [], all: [endpoint], hasAny: true };
    expect(portsOf(makeService(), [makeSlice()])).to.deep.equal([makeServicePort({ endpoints })]);
  });

  it('has one entry a port, keyed by name and protocol', () => {
    const service = makeService({
      ports: [
        { name: 'dns', protocol: 'udp', port: 53, nodePort: 0 },
        { name: 'dns', protocol: 'tcp', port: 53, nodePort: 0 },
        { name: '', protocol: 'sctp', port: 132, nodePort: 0 },
      ],
    });
    const keys = portsOf(service).map(({ key, displayName }) => `${key} ${displayName}`);
    expect(keys).to.deep.equal([
      'default/web:dns/udp default/web:dns',
      'default/web:dns/tcp default/web:dns',
      'default/web/sctp default/web',
    ]);
  });

  it('knows the endpoints here that a health check counts before there is an address outside', () => {
    const service = makeService({
      type: 'LoadBalancer',
      externalPolicy: 'Local',
      healthCheckNodePort: 31000,
    });
    const slice = makeSlice({
      endpoints: [
        makeSliceEndpoint({ zoneHints: ['b'] }),
        makeSliceEndpoint({ ip: podIp('IPv4', 2, 1), nodeName: 'node-2', zoneHints: ['a'] }),
      ],
    });
    const [port] = portsOf(service, [slice]);
    expect(port?.endpoints.cluster.map(({ isLocal }) => isLocal)).to.deep.equal([false]);
    expect(healthCheckOf(port === undefined ? [] : [port], 'IPv4')?.localEndpoints).to.equal(1);
  });

  it('names every serving endpoint of a UDP port, used on this node or not', () => {
    const ports = [{ name: 'http', protocol: 'udp', port: 53, nodePort: 0 }] as const;
    const service = makeService({ ports, internalPolicy: 'Local' });
    const endpoints = [
      REMOTE,
      makeSliceEndpoint({ ready: false }),
      makeSliceEndpoint({ ip: podIp('IPv4', 1, 2), ready: false, terminating: true }),
      makeSliceEndpoint({ ip: podIp('IPv4', 1, 3), ready: false, serving: false }),
    ];
    const slice = makeSlice({
      ports: [{ name: 'http', protocol: 'udp', port: 5353 }],
      endpoints,
    });
    expect(portsOf(service, [slice]).map(({ servingUdp }) => servingUdp)).to.deep.equal([
      [podIp('IPv4', 1, 1), podIp('IPv4', 1, 2), podIp('IPv4', 2, 1)].map((ip) => `${ip}:5353`),
    ]);
  });

  it('keeps the families of a dual-stack Service apart', () => {
    const service = makeService({
      clusterIPs: [clusterIp('IPv6', 1), clusterIp('IPv4', 1)],
      externalIPs: [externalIp('IPv4', 1), externalIp('IPv6', 1)],
    });
    const slice6 = makeSlice({
      name: 'web-6',
      family: 'IPv6',
      endpoints: [makeSliceEndpoint({ ip: podIp('IPv6', 1, 1) })],
    });
    for (const family of IP_FAMILIES) {
      const [port] = portsOf(service, [makeSlice(), slice6], family);
      expect(port?.family).to.equal(family);
      expect(port?.clusterIP).to.equal(clusterIp(family, 1));
      expect(port?.frontends.map(({ ip }) => ip)).to.deep.equal([
        clusterIp(family, 1),
        externalIp(family, 1),
      ]);
      expect(port?.endpoints.all.map(({ ip }) => ip)).to.deep.equal([podIp(family, 1, 1)]);
    }
  });

  it('has no ports in a family without ClusterIP', () => {
    expect(portsOf(makeService(), [], 'IPv6')).to.deep.equal([]);
  });

  it('keeps the ranges of the family; ranges of the other leave it unrestricted', () => {
    const clusterIPs = [clusterIp('IPv4', 1), clusterIp('IPv6', 1)];
    const { sourceRanges } = parsedService(
      rawService({ loadBalancerSourceRanges: [' 198.51.100.0/24 ', '10.0.0.0/8'] }),
    );
    const service = makeService({ clusterIPs, sourceRanges });
    expect(portsOf(service)[0]?.sourceRanges).to.deep.equal(['10.0.0.0/8', '198.51.100.0/24']);
    expect(portsOf(service, [], 'IPv6')[0]?.sourceRanges).to.deep.equal([]);
  });

  it('leaves out frontends that another service port holds', () => {
    const service = makeService({ externalIPs: [externalIp('IPv4', 1)] });
    const ports = servicePortsOf(service, 'IPv4', {
      slices: [],
      place: PLACE,
      owns: (key, family, { kind }) =>
        key === 'default/web:http/tcp' && family === 'IPv4' && kind === 'ExternalIP',
    });
    expect(ports[0]?.frontends.map(({ kind }) => kind)).to.deep.equal(['ExternalIP']);
  });

  describe('external policy Local', () => {
    const rows: { name: string; service: Partial<Service>; policy: string }[] = [
      { name: 'counts for a LoadBalancer', service: { type: 'LoadBalancer' }, policy: 'Local' },
      { name: 'counts for a NodePort', service: { type: 'NodePort' }, policy: 'Local' },
      {
        name: 'counts for a ClusterIP with an external IP, even of the other family',
        service: { externalIPs: [externalIp('IPv6', 1)] },
        policy: 'Local',
      },
      { name: 'does not count for a ClusterIP without', service: {}, policy: 'Cluster' },
    ];
    for (const { name, service, policy } of rows) {
      it(name, () => {
        const [port] = portsOf(makeService({ ...service, externalPolicy: 'Local' }));
        expect(port?.externalPolicy).to.equal(policy);
      });
    }
  });

  describe('endpoints by policy', () => {
    const slices = [makeSlice({ endpoints: [REMOTE] })];
    const outside = { type: 'LoadBalancer', loadBalancerVIPs: [externalIp('IPv4', 1)] } as const;

    it('external Local with only remote endpoints drops outside traffic, but keeps the others', () => {
      const [port] = portsOf(makeService({ ...outside, externalPolicy: 'Local' }), slices);
      expect(port && noExternalEndpointsAction(port)).to.equal('drop');
      expect(port && hasInternalEndpoints(port)).to.equal(true);
      expect(port?.endpoints.cluster.map(({ ip }) => ip)).to.deep.equal([REMOTE.ip]);
    });

    it('internal Local with only remote endpoints drops, and lists no cluster endpoints', () => {
      const [port] = portsOf(makeService({ internalPolicy: 'Local' }), slices);
      expect(port && noInternalEndpointsAction(port)).to.equal('drop');
      expect(port?.endpoints).to.deep.equal({ cluster: [], local: [], all: [], hasAny: true });
    });

    it('external Local with internal Cluster lists both', () => {
      const both = [makeSlice({ endpoints: [makeSliceEndpoint(), REMOTE] })];
      const [port] = portsOf(makeService({ ...outside, externalPolicy: 'Local' }), both);
      expect(port && hasExternalEndpoints(port)).to.equal(true);
      expect(port?.endpoints.cluster).to.have.lengthOf(2);
      expect(port?.endpoints.local.map(({ ip }) => ip)).to.deep.equal([podIp('IPv4', 1, 1)]);
    });

    it('a Service that lost its external frontends to others needs no local endpoints', () => {
      const service = makeService({ ...outside, externalPolicy: 'Local' });
      const [port] = servicePortsOf(service, 'IPv4', {
        slices,
        place: PLACE,
        owns: (_key, _family, { kind }) => kind === 'ClusterIP',
      });
      expect(port?.endpoints.local).to.deep.equal([]);
    });
  });

  it('makes no frontends for a load balancer address in mode Proxy', () => {
    const status = { loadBalancer: { ingress: [{ ip: externalIp('IPv4', 1), ipMode: 'Proxy' }] } };
    const service = parsedService(rawService({ type: 'LoadBalancer' }, { status }));
    expect(portsOf(service)[0]?.frontends.map(({ kind }) => kind)).to.deep.equal(['ClusterIP']);
  });

  it('uses terminating endpoints only until one is ready', () => {
    const conditions = { ready: false, serving: true, terminating: true };
    const leaving = parsedSlice(rawSlice({ endpoints: [rawEndpoint({ conditions })] }));
    expect(portsOf(makeService(), [leaving])[0]?.endpoints.all).to.have.lengthOf(1);
    const arrived = makeSlice({ name: 'web-2', endpoints: [REMOTE] });
    const [port] = portsOf(makeService(), [leaving, arrived]);
    expect(port?.endpoints.all.map(({ ip }) => ip)).to.deep.equal([REMOTE.ip]);
  });
});

/** The ports of a Service that holds all its frontends. */
function portsOf(
  service: Service,
  slices: readonly EndpointSlice[] = [],
  family: IpFamily = 'IPv4',
): ServicePort[] {
  return servicePortsOf(service, family, { slices, place: PLACE, owns: () => true });
}
