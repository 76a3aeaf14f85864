import { expect } from 'chai';
import { parseBindAddress, placeOfFamily, placesFor } from '../../../agent/http/bind-address.ts';
import type { Ip } from '../../../rules/ip.ts';
import { nodeIp } from '../../support/addresses.ts';

describe('parseBindAddress', () => {
  const cases = [
    { text: '0.0.0.0:10256', address: { ip: '0.0.0.0', port: 10256 } },
    { text: '[::1]:10249', address: { ip: '::1', port: 10249 } },
    { text: '', address: undefined },
  ];
  for (const { text, address } of cases) {
    it(`reads ${JSON.stringify(text)}`, () => {
      expect(parseBindAddress(text)).to.deep.equal(address);
    });
  }

  it('throws for what the configuration would not have let through', () => {
    expect(() => parseBindAddress('localhost:80')).to.throw('localhost:80');
  });
});

describe('placesFor', () => {
  for (const ip of ['0.0.0.0', '::'] as Ip[]) {
    it(`takes ${ip} for both families, and for IPv4 alone in a kernel without IPv6`, () => {
      expect(placesFor({ ip, port: 1 })).to.deep.equal([
        { host: '::', port: 1, ipv6Only: false },
        { host: '0.0.0.0', port: 1, ipv6Only: false },
      ]);
    });
  }

  it('takes any other address for itself', () => {
    const ip = nodeIp('IPv4', 1);
    expect(placesFor({ ip, port: 1 })).to.deep.equal([{ host: ip, port: 1, ipv6Only: false }]);
  });
});

describe('placeOfFamily', () => {
  it('keeps IPv6 sockets from taking the port of the IPv4 ones', () => {
    expect(placeOfFamily({ ip: '::' as Ip, port: 1 }).ipv6Only).to.equal(true);
    expect(placeOfFamily({ ip: '0.0.0.0' as Ip, port: 1 }).ipv6Only).to.equal(false);
  });
});
