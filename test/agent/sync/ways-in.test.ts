import { expect } from 'chai';
import { localhostWay, loopbackIps, nodePortWay } from '../../../agent/sync/ways-in.ts';
import { TableSync } from '../../../agent/sync/table-sync.ts';
import { hostCidr, IP_FAMILIES, type Cidr, type Ip } from '../../../rules/ip.ts';
import type { NodePortMatch } from '../../../rules/node/node-port-addresses.ts';
import type { Frontend } from '../../../rules/services/types.ts';
import { nodeIp } from '../../support/addresses.ts';
import { makeSettings } from '../../rules/nftables/support/settings.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../../rules/services/builders.ts';
import { FakeTransport } from './support/fake-transport.ts';

const DEFAULTS = { loadBalancing: 'round-robin' } as const;
const LOOPBACK_NETWORK = '127.0.0.0/8' as Cidr;
const [LOOPBACK, LOOPBACK_6, LINK_LOCAL] = ['127.0.0.1' as Ip, '::1' as Ip, 'fe80::1' as Ip];
const [FIRST, SECOND] = [nodeIp('IPv4', 1), nodeIp('IPv4', 2)];

const NODE_PORT: Frontend = { kind: 'NodePort', ip: undefined, protocol: 'tcp', port: 30_080 };
const ENDPOINTS = [makeEndpoint(1, 1)];
const WEB = makeServicePort({
  frontends: [NODE_PORT],
  endpoints: makeChosen({ cluster: ENDPOINTS, all: ENDPOINTS, hasAny: true }),
});

const at = (...cidrs: Cidr[]): NodePortMatch => ({ matchAll: false, cidrs });

describe('loopbackIps', () => {
  for (const { name, nodePorts, ips } of [
    { name: 'is where localhost was asked for', nodePorts: at(LOOPBACK_NETWORK), ips: [LOOPBACK] },
    { name: 'is not at the node IPs', nodePorts: at(hostCidr(FIRST)), ips: [] },
    { name: 'is not at every address', nodePorts: { matchAll: true } as const, ips: [] },
    { name: 'is ::1 for IPv6', nodePorts: at('::1/128' as Cidr), ips: [LOOPBACK_6] },
    {
      name: 'is 127.0.0.1 alone, whatever loopback network was given',
      nodePorts: at('127.0.0.53/32' as Cidr, hostCidr(FIRST)),
      ips: [LOOPBACK],
    },
  ]) {
    it(name, () => {
      expect(loopbackIps(makeSettings('IPv4', { nodePorts }))).to.deep.equal(ips);
    });
  }
});

describe('the way in without rules', () => {
  const placesOf = (nodePorts: NodePortMatch, local: readonly Ip[]): string[] => {
    const settings = makeSettings('IPv4', { nodePorts });
    const way = nodePortWay({
      settings,
      defaults: DEFAULTS,
      family: 'IPv4',
      localIps: () => local,
    });
    return way.listenersOf(WEB).flatMap(({ ips, port }) => ips.map((ip) => `${ip} ${port}`));
  };

  it("listens at node ports, at this node's addresses that they are wanted at", () => {
    const local = [SECOND, FIRST, LOOPBACK];
    expect(placesOf(at(hostCidr(FIRST)), local)).to.deep.equal([`${FIRST} 30080`]);
    expect(placesOf({ matchAll: true }, local)).to.have.members(local.map((ip) => `${ip} 30080`));
  });

  it('leaves out the other family, and addresses that mean nothing without an interface', () => {
    expect(placesOf({ matchAll: true }, [FIRST, LOOPBACK_6, LINK_LOCAL])).to.deep.equal([
      `${FIRST} 30080`,
    ]);
  });

  it("follows this node's addresses", () => {
    const local = [FIRST];
    const settings = makeSettings('IPv4', { nodePorts: { matchAll: true } });
    const way = nodePortWay({
      settings,
      defaults: DEFAULTS,
      family: 'IPv4',
      localIps: () => local,
    });
    expect(way.configure(settings)).to.equal(false);
    local.push(SECOND);
    expect(way.configure(settings)).to.equal(true);
    expect(way.listenersOf(WEB)[0]?.ips).to.deep.equal([FIRST, SECOND]);
  });
});

describe('the way in by localhost', () => {
  for (const family of IP_FAMILIES) {
    it(`listens there and leaves Services to the rules (${family})`, () => {
      const settings = makeSettings(family, {
        nodePorts: at(family === 'IPv4' ? LOOPBACK_NETWORK : ('::1/128' as Cidr)),
      });
      const rules = new TableSync({
        ...{ family, settings, transport: new FakeTransport(), now: () => 0 },
        events: {
          applied: () => undefined,
          quarantined: () => undefined,
          repairing: () => undefined,
          collectFailed: () => undefined,
        },
      });
      const way = localhostWay({ settings, defaults: DEFAULTS, rules });
      const [listener] = way.listenersOf(WEB);
      expect(listener?.ips).to.deep.equal([family === 'IPv4' ? LOOPBACK : LOOPBACK_6]);
      expect(way.ruled(WEB)).to.equal(WEB);
    });
  }
});
