import { expect } from 'chai';
import {
  ForeignElementError,
  readAffinityEntries,
  readChains,
  readElements,
} from '../../../rules/nftables/listing.ts';
import { SHARED_CHAINS, type Collection } from '../../../rules/nftables/names.ts';
import type { Element as ListedElement } from '../../../rules/nftables-json/index.ts';
import { networkOf, prefixLengthOf } from '../../../rules/ip.ts';
import { clientIp, clusterIp, externalIp, podIp, SERVICE_CIDR } from '../../support/addresses.ts';
import { makeElement } from '../diff/support.ts';

const VIP = clusterIp('IPv4', 1);
const POD = podIp('IPv4', 1, 1);
const CLIENT = clientIp('IPv4', 1);

describe('readChains', () => {
  it('finds the ids and the shared chains among all names', () => {
    const names = ['shape-0123456789ab', 'services', 'tcp-endpoints-3', 'rules-ba9876543210'];
    expect(readChains(names)).to.deep.equal({
      shapeId: '0123456789ab',
      rulesId: 'ba9876543210',
      shared: new Map([['tcp-endpoints-3', makeElement(SHARED_CHAINS, 'tcp-endpoints-3')]]),
    });
  });

  it('finds no ids where there are none', () => {
    const { shapeId, rulesId, shared } = readChains(['services', 'my-shape-1', 'endpoints-x']);
    expect([shapeId, rulesId, shared.size]).to.deep.equal([undefined, undefined, 0]);
  });
});

describe('readElements', () => {
  const CASES: readonly {
    readonly name: string;
    readonly collection: Collection;
    readonly listed: ListedElement;
    readonly key: string;
    readonly value?: string;
    readonly comment?: string;
  }[] = [
    { name: 'an address', collection: 'cluster-ips', listed: VIP, key: VIP },
    {
      name: 'a network',
      collection: 'service-cidrs',
      listed: {
        prefix: { addr: networkOf(SERVICE_CIDR.IPv6), len: prefixLengthOf(SERVICE_CIDR.IPv6) },
      },
      key: SERVICE_CIDR.IPv6,
    },
    {
      name: 'a network in a concatenation',
      collection: 'source-ranges',
      listed: { concat: [VIP, 'udp', 53, { prefix: { addr: CLIENT, len: 24 } }] },
      key: `${VIP} . udp . 53 . ${CLIENT}/24`,
    },
    {
      name: 'an endpoint',
      collection: 'udp-endpoints',
      listed: [{ concat: [VIP, 80, 65_536] }, { concat: [POD, 8080] }],
      key: `${VIP} . 80 . 65536`,
      value: `${POD} . 8080`,
    },
    {
      name: 'a verdict with a comment',
      collection: 'service-ips',
      listed: [
        { elem: { val: { concat: [VIP, 'sctp', 80] }, comment: 'default/web' } },
        { goto: { target: 'tcp-endpoints-3' } },
      ],
      key: `${VIP} . sctp . 80`,
      value: 'goto tcp-endpoints-3',
      comment: 'default/web',
    },
    {
      name: 'a drop',
      collection: 'no-endpoint-nodeports',
      listed: [{ concat: ['tcp', 30_080] }, { drop: null }],
      key: 'tcp . 30080',
      value: 'drop',
    },
    {
      name: 'a protocol as a number, where nft knows no names',
      collection: 'service-ips',
      listed: [{ concat: [VIP, 6, 80] }, { goto: { target: 'tcp-endpoints-1' } }],
      key: `${VIP} . tcp . 80`,
      value: 'goto tcp-endpoints-1',
    },
    {
      name: 'a port that has the number of a protocol',
      collection: 'tcp-nodeport-endpoints',
      listed: [{ concat: [132, 6] }, { concat: [POD, 17] }],
      key: '132 . 6',
      value: `${POD} . 17`,
    },
    {
      name: 'a protocol that we would never write',
      collection: 'firewalled-ips',
      listed: { concat: [VIP, 'dccp', 80] },
      key: `${VIP} . dccp . 80`,
    },
  ];
  for (const { name, collection, listed, key, value = '', comment = '' } of CASES) {
    it(`reads ${name}`, () => {
      expect([...readElements(collection, [listed]).values()]).to.deep.equal([
        makeElement(collection, key, value, comment),
      ]);
    });
  }

  const REFUSED: readonly { readonly name: string; readonly listed: ListedElement }[] = [
    { name: 'a range', listed: { range: [VIP, externalIp('IPv4', 1)] } },
    { name: 'an unknown verdict', listed: [VIP, { accept: null }] },
    { name: 'an expression', listed: { concat: [VIP, { meta: { key: 'mark' } }] } },
  ];
  for (const { name, listed } of REFUSED) {
    it(`refuses ${name}`, () => {
      expect(() => readElements('service-cidrs', [listed])).to.throw(
        ForeignElementError,
        'not a part of',
      );
    });
  }
});

describe('readAffinityEntries', () => {
  const val = { concat: [CLIENT, VIP, 'tcp', 80, 2] };
  const entry = { client: CLIENT, address: VIP, protocolAndPort: 'tcp . 80', slot: 2 };

  it('reads who is stuck to which slot, and for how long', () => {
    expect(readAffinityEntries([{ elem: { val, timeout: 600, expires: 599 } }])).to.deep.equal([
      { ...entry, timeoutSeconds: 600, expiresSeconds: 599 },
    ]);
  });

  it('takes no time for none', () => {
    expect(readAffinityEntries([val])).to.deep.equal([
      { ...entry, timeoutSeconds: 0, expiresSeconds: 0 },
    ]);
  });

  it('knows protocols by their numbers', () => {
    const [found] = readAffinityEntries([{ concat: [CLIENT, VIP, 17, 53, 0] }]);
    expect(found?.protocolAndPort).to.equal('udp . 53');
  });

  it('refuses what our rules could not have learned', () => {
    expect(() => readAffinityEntries([CLIENT])).to.throw(
      ForeignElementError,
      'not an affinity entry',
    );
  });
});
