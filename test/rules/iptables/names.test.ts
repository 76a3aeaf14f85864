import { expect } from 'chai';
import { endpointChain, isOurChain, serviceChain } from '../../../rules/iptables/names.ts';

/** Verified against what kube-proxy makes; the addresses are its own tests'. */
const NAMED = { displayName: 'ns1/svc1:p80', protocol: 'tcp' } as const;
const UNNAMED = { displayName: 'ns1/svc1', protocol: 'tcp' } as const;

describe("a chain's name", () => {
  it("is kube-proxy's for a service port with and without a name", () => {
    expect(serviceChain('KUBE-SVC-', NAMED)).to.equal('KUBE-SVC-XPGD46QRK7WJZT7O');
    expect(serviceChain('KUBE-EXT-', UNNAMED)).to.equal('KUBE-EXT-AQI2S6QIMU7PVVRP');
  });

  it("is kube-proxy's for an endpoint of either family", () => {
    const endpoints = {
      '10.180.0.1:80': 'SXIVWICOYRO3J4NJ',
      '[fd00:10:180::1]:80': 'OGYCNMB4EMRUSJ6N',
    };
    for (const [id, hash] of Object.entries(endpoints)) {
      expect(endpointChain(NAMED, { id })).to.equal(`KUBE-SEP-${hash}`);
    }
  });

  it('differs between the protocols of one port', () => {
    const udp = { ...NAMED, protocol: 'udp' } as const;
    expect(serviceChain('KUBE-SVC-', udp)).not.to.equal(serviceChain('KUBE-SVC-', NAMED));
  });

  for (const { table, name, ours } of [
    { table: 'nat', name: 'KUBE-SERVICES', ours: true },
    { table: 'nat', name: 'KUBE-SVC-XPGD46QRK7WJZT7O', ours: true },
    { table: 'filter', name: 'KUBE-FORWARD', ours: true },
    { table: 'mangle', name: 'KUBE-PROXY-CANARY', ours: true },
    { table: 'nat', name: 'KUBE-FORWARD', ours: false },
    { table: 'nat', name: 'PREROUTING', ours: false },
    { table: 'mangle', name: 'KUBE-KUBELET-CANARY', ours: false },
    { table: 'mangle', name: 'KUBE-IPTABLES-HINT', ours: false },
    { table: 'filter', name: 'KUBE-FIREWALL', ours: false },
  ] as const) {
    it(`says that ${name} of ${table} is ${ours ? 'ours' : 'not ours'}`, () => {
      expect(isOurChain(table, name)).to.equal(ours);
    });
  }
});
