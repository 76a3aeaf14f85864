import { expect } from 'chai';
import { hostCidr, type Cidr, type Ip } from '../../../rules/ip.ts';
import {
  expandNodePortAddresses,
  namesLocalhost,
  nodePortWarnings,
  type NodePortAddresses,
  type NodePortKeyword,
} from '../../../rules/node/node-port-addresses.ts';
import { CLUSTER_CIDR, nodeIp } from '../../support/addresses.ts';

const V4 = nodeIp('IPv4', 1);
const V6 = nodeIp('IPv6', 1);
const LOOPBACKS = ['127.0.0.1' as Ip, '::1' as Ip];
const WIDE = '192.168.0.0/16' as Cidr;
const INSIDE = '192.168.50.0/24' as Cidr;
const OTHER6 = '2001:db8:113::/64' as Cidr;
const ALL = { matchAll: true };

function addresses(...entries: (NodePortKeyword | Cidr)[]): NodePortAddresses {
  const isCidr = (entry: string): entry is Cidr => entry.includes('/');
  return {
    keywords: entries.filter((entry): entry is NodePortKeyword => !isCidr(entry)),
    cidrs: entries.filter(isCidr),
  };
}

function only(...cidrs: Cidr[]) {
  return { matchAll: false, cidrs };
}

describe('expandNodePortAddresses', () => {
  const cases = [
    { name: 'is open when nothing is set', given: addresses(), IPv4: ALL, IPv6: ALL },
    {
      name: 'limits each family to the primary IP',
      given: addresses('primary'),
      IPv4: only(hostCidr(V4)),
      IPv6: only(hostCidr(V6)),
    },
    {
      name: 'leaves a family open that has no primary IP',
      given: addresses('primary'),
      ips: [V4, '::1' as Ip],
      IPv4: only(hostCidr(V4)),
      IPv6: ALL,
    },
    {
      name: 'is open when no primary IP is known at all',
      given: addresses('primary'),
      ips: LOOPBACKS,
      IPv4: ALL,
      IPv6: ALL,
    },
    {
      name: 'takes localhost for the loopback networks',
      given: addresses('localhost'),
      IPv4: only('127.0.0.0/8' as Cidr),
      IPv6: only('::1/128' as Cidr),
    },
    { name: 'is open for all', given: addresses('all'), IPv4: ALL, IPv6: ALL },
    {
      name: 'leaves the family open that has no CIDR',
      given: addresses(WIDE),
      IPv4: only(WIDE),
      IPv6: ALL,
    },
    {
      name: 'ignores everything else beside a zero CIDR, in its family',
      given: addresses(WIDE, '0.0.0.0/0' as Cidr, OTHER6),
      IPv4: ALL,
      IPv6: only(OTHER6),
    },
    {
      name: 'drops CIDRs inside others, so that none overlap',
      given: addresses(INSIDE, WIDE, 'primary'),
      IPv4: only(WIDE),
      IPv6: only(hostCidr(V6)),
    },
    {
      name: 'puts keywords and CIDRs together, sorted',
      given: addresses('primary', 'localhost', OTHER6),
      IPv4: only('127.0.0.0/8' as Cidr, hostCidr(V4)),
      IPv6: only('::1/128' as Cidr, OTHER6, hostCidr(V6)),
    },
    {
      name: 'stays closed beside localhost when no primary IP is known',
      given: addresses('primary', 'localhost'),
      ips: LOOPBACKS,
      IPv4: only('127.0.0.0/8' as Cidr),
      IPv6: only('::1/128' as Cidr),
    },
  ];
  for (const { name, given, ips = [V4, V6], IPv4, IPv6 } of cases) {
    it(name, () => {
      expect(expandNodePortAddresses(given, ips, 'IPv4')).to.deep.equal(IPv4);
      expect(expandNodePortAddresses(given, ips, 'IPv6')).to.deep.equal(IPv6);
    });
  }
});

describe('nodePortWarnings', () => {
  const dualStack = { ips: [V4, V6], podCIDRs: [] };
  const singleStack = { ips: [V4, '::1' as Ip], podCIDRs: [] };
  const cases = [
    { name: 'warns that nothing is set', given: addresses(), node: dualStack, about: ['not set'] },
    { name: 'is content with primary', given: addresses('primary'), node: dualStack, about: [] },
    {
      name: 'is content with primary on a node of one family',
      given: addresses('primary'),
      node: singleStack,
      about: [],
    },
    {
      name: 'warns of the family left open on a node with both',
      given: addresses(WIDE),
      node: dualStack,
      about: ['no IPv6 address'],
    },
    {
      name: 'sees by its pod networks that a node has both families',
      given: addresses(WIDE),
      node: { ips: singleStack.ips, podCIDRs: [CLUSTER_CIDR.IPv6] },
      about: ['no IPv6 address'],
    },
    {
      name: 'warns when only the other family is limited',
      given: addresses(OTHER6),
      node: singleStack,
      about: ['no IPv4 address'],
    },
    {
      name: 'warns when no primary IP is known',
      given: addresses('primary'),
      node: { ips: LOOPBACKS, podCIDRs: [] },
      about: ['no IPv4 address'],
    },
    { name: 'is content with all', given: addresses('all'), node: dualStack, about: [] },
    {
      name: 'warns of localhost where it is not served',
      given: addresses('primary', 'localhost'),
      node: dualStack,
      about: ['not served there'],
    },
  ];
  for (const { name, given, node, about } of cases) {
    it(name, () => {
      const warnings = nodePortWarnings(given, node, false);
      expect(warnings).to.have.lengthOf(about.length);
      for (const [index, words] of about.entries()) expect(warnings[index]).to.include(words);
    });
  }

  it('is content with localhost where it is served', () => {
    const given = addresses('primary', 'localhost');
    expect(nodePortWarnings(given, dualStack, true)).to.deep.equal([]);
  });
});

describe('namesLocalhost', () => {
  const cases: { name: string; given: NodePortAddresses; isNamed: boolean }[] = [
    { name: 'nothing', given: addresses(), isNamed: true },
    { name: 'all', given: addresses('all'), isNamed: true },
    { name: 'localhost', given: addresses('primary', 'localhost'), isNamed: true },
    { name: 'a loopback network', given: addresses('127.0.0.5/32' as Cidr), isNamed: true },
    { name: 'a network around it', given: addresses('0.0.0.0/1' as Cidr), isNamed: true },
    {
      name: 'IPv6 only, which leaves IPv4 open',
      given: addresses('::1/128' as Cidr),
      isNamed: true,
    },
    { name: 'primary', given: addresses('primary'), isNamed: false },
    { name: 'another network', given: addresses('192.168.0.0/16' as Cidr), isNamed: false },
  ];
  for (const { name, given, isNamed } of cases) {
    it(`is ${isNamed} for ${name}`, () => {
      expect(namesLocalhost(given)).to.equal(isNamed);
    });
  }
});
