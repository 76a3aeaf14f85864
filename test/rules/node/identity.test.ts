import { expect } from 'chai';
import { IP_FAMILIES, type Ip } from '../../../rules/ip.ts';
import { nodeIpsFrom, nodeNameFrom } from '../../../rules/node/identity.ts';
import { nodeIp } from '../../support/addresses.ts';

const ANY = '0.0.0.0' as Ip;
const LOOPBACK = { IPv4: '127.0.0.1' as Ip, IPv6: '::1' as Ip };

describe('nodeNameFrom', () => {
  const cases = [
    { name: 'takes the host name when there is no override', override: '', is: 'node-1' },
    { name: 'takes the override when there is one', override: 'worker', is: 'worker' },
    {
      name: 'trims and lower-cases the override',
      override: ' Worker.Example \n',
      is: 'worker.example',
    },
  ];
  for (const { name, override, is } of cases) {
    it(name, () => {
      expect(nodeNameFrom(override, ' Node-1\n')).to.equal(is);
    });
  }

  it('throws when neither gives a name', () => {
    expect(() => nodeNameFrom('', ' ')).to.throw(RangeError, '--hostname-override');
  });

  it('throws for a blank override instead of using the host name, as kube-proxy does', () => {
    expect(() => nodeNameFrom('  ', 'node-1')).to.throw(RangeError);
  });
});

describe('nodeIpsFrom', () => {
  const v4 = nodeIp('IPv4', 1);
  const v6 = nodeIp('IPv6', 1);
  const other4 = nodeIp('IPv4', 2);
  const other6 = nodeIp('IPv6', 2);
  const cases = [
    { name: 'takes both of a dual-stack node', bind: ANY, node: [v4, v6], are: [v4, v6] },
    { name: 'keeps the primary family first', bind: ANY, node: [v6, v4], are: [v6, v4] },
    {
      name: 'takes the first IP of each family only',
      bind: ANY,
      node: [v4, other4, v6, other6],
      are: [v4, v6],
    },
    { name: 'fills a missing family in', bind: ANY, node: [v6], are: [v6, LOOPBACK.IPv4] },
    {
      name: 'falls back to loopback, IPv4 first, when nothing is known',
      bind: ANY,
      node: [],
      are: [LOOPBACK.IPv4, LOOPBACK.IPv6],
    },
    {
      name: 'does the same for the unspecified IPv6 address',
      bind: '::' as Ip,
      node: [],
      are: [LOOPBACK.IPv4, LOOPBACK.IPv6],
    },
    { name: 'lets the bind address win', bind: other4, node: [v4, v6], are: [other4, v6] },
    {
      name: 'lets the bind address decide the primary family',
      bind: other6,
      node: [v4, v6],
      are: [other6, v4],
    },
    {
      name: 'takes the bind address when there is no Node object',
      bind: v6,
      node: [],
      are: [v6, LOOPBACK.IPv4],
    },
  ];
  for (const { name, bind, node, are } of cases) {
    it(name, () => {
      expect(nodeIpsFrom(bind, node)).to.deep.equal(are);
    });
  }

  it('always knows one IP a family', () => {
    for (const family of IP_FAMILIES) {
      expect(nodeIpsFrom(ANY, [nodeIp(family, 1)])).to.have.lengthOf(2);
    }
  });
});
