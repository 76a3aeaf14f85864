import { expect } from 'chai';
import { proxyHeader } from '../../../rules/userspace/proxy-header.ts';
import { clientIp, nodeIp } from '../../support/addresses.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';

describe('the PROXY protocol header', () => {
  it('names both ends of an IPv4 connection', () => {
    const header = proxyHeader(
      { ip: clientIp('IPv4', 7), port: 0xabcd },
      { ip: nodeIp('IPv4', 1), port: 80 },
    );
    expect(Buffer.from(header).toString('hex')).to.equal(
      // Version 2, PROXY; TCP over IPv4; 12 bytes: 198.51.100.7, 192.168.50.1, ports.
      `${SIGNATURE}21` + '11' + '000c' + 'c6336407' + 'c0a83201' + 'abcd' + '0050',
    );
  });

  it('names both ends of an IPv6 connection', () => {
    const header = proxyHeader(
      { ip: clientIp('IPv6', 7), port: 1 },
      { ip: nodeIp('IPv6', 1), port: 443 },
    );
    expect(Buffer.from(header).toString('hex')).to.equal(
      `${SIGNATURE}21` +
        '21' +
        '0024' +
        '20010db8005100000000000000000007' +
        'fd000192016800500000000000000001' +
        '0001' +
        '01bb',
    );
  });
});
