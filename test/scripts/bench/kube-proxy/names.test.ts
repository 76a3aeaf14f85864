import { expect } from 'chai';
import type { Ip } from '../../../../rules/ip.ts';
import { serviceKey } from '../../../../rules/services/keys.ts';
import { endpointChain, serviceChain } from '../../../../scripts/bench/kube-proxy/names.ts';
import { makeEndpoint, makeServicePort } from '../../../rules/services/builders.ts';

/** The vectors of the behaviour document, section 4.2: addresses outside the legend are theirs. */
describe("kube-proxy's chain names", () => {
  const port = makeServicePort({ service: serviceKey('ns1', 'svc1'), portName: 'p80' });

  it('begin with a hash of the service port', () => {
    expect(serviceChain(port)).to.equal('service-ULMVA6XW-ns1/svc1/tcp/p80');
  });

  it('end in a slash for a port without a name', () => {
    const unnamed = makeServicePort({ ...port, protocol: 'udp', portName: '' });
    expect(serviceChain(unnamed)).to.equal('service-5ZLCOGWR-ns1/svc1/udp/');
  });

  const ENDPOINTS = [
    { ip: '10.180.0.1', expected: 'endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80' },
    { ip: 'fd00:10:180::1', expected: 'endpoint-ZVRFLKHO-ns1/svc1/tcp/p80__fd00.10.180..1/80' },
  ];
  for (const { ip, expected } of ENDPOINTS) {
    it(`name the endpoint ${ip}`, () => {
      const endpoint = makeEndpoint(1, 1, { ip: ip as Ip, port: 80 });
      expect(endpointChain(port, endpoint)).to.equal(expected);
    });
  }
});
