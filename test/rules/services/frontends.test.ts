import { expect } from 'chai';
import type { IpFamily } from '../../../rules/ip.ts';
import { clusterIpOf, frontendsOf } from '../../../rules/services/frontends.ts';
import type { Service } from '../../../rules/services/types.ts';
import { clusterIp, externalIp } from '../../support/addresses.ts';
import { makeService } from './builders.ts';

const CLUSTER4 = clusterIp('IPv4', 1);
const CLUSTER6 = clusterIp('IPv6', 1);
const OUTER4 = externalIp('IPv4', 1);
const OUTER6 = externalIp('IPv6', 1);

describe('frontendsOf', () => {
  const rows: { name: string; service: Partial<Service>; family?: IpFamily; texts: string[] }[] = [
    {
      name: 'is the ClusterIP alone for a plain Service',
      service: {},
      texts: [`ClusterIP ${CLUSTER4} tcp 80`],
    },
    {
      name: 'lists every way in, of this family only',
      service: {
        clusterIPs: [CLUSTER4, CLUSTER6],
        externalIPs: [OUTER4, OUTER6],
        loadBalancerVIPs: [externalIp('IPv4', 2), externalIp('IPv6', 2)],
        ports: [{ name: 'dns', protocol: 'udp', port: 53, nodePort: 30053 }],
      },
      family: 'IPv6',
      texts: [
        `ClusterIP ${CLUSTER6} udp 53`,
        `LoadBalancer ${externalIp('IPv6', 2)} udp 53`,
        `ExternalIP ${OUTER6} udp 53`,
        'NodePort any udp 30053',
      ],
    },
    {
      name: 'is empty in a family without ClusterIP, whatever else there is',
      service: {
        externalIPs: [OUTER6],
        loadBalancerVIPs: [OUTER6],
        ports: [{ name: '', protocol: 'tcp', port: 80, nodePort: 30080 }],
      },
      family: 'IPv6',
      texts: [],
    },
    {
      name: 'takes an address that is VIP and external IP for a VIP, which source ranges guard',
      service: { externalIPs: [OUTER4], loadBalancerVIPs: [OUTER4] },
      texts: [`ClusterIP ${CLUSTER4} tcp 80`, `LoadBalancer ${OUTER4} tcp 80`],
    },
    {
      name: 'takes a ClusterIP for nothing else',
      service: { externalIPs: [CLUSTER4], loadBalancerVIPs: [CLUSTER4] },
      texts: [`ClusterIP ${CLUSTER4} tcp 80`],
    },
  ];
  for (const { name, service, family = 'IPv4', texts } of rows) {
    it(name, () => {
      const whole = makeService(service);
      const found = whole.ports
        .flatMap((port) => frontendsOf(whole, port, family))
        .map(({ kind, ip, protocol, port }) => `${kind} ${ip ?? 'any'} ${protocol} ${port}`);
      expect(found).to.deep.equal(texts);
    });
  }
});

describe('clusterIpOf', () => {
  it('finds the ClusterIP of a family, if there is one', () => {
    const dual = makeService({ clusterIPs: [CLUSTER6, CLUSTER4] });
    expect(clusterIpOf(dual, 'IPv4')).to.equal(CLUSTER4);
    expect(clusterIpOf(dual, 'IPv6')).to.equal(CLUSTER6);
    expect(clusterIpOf(makeService(), 'IPv6')).to.equal(undefined);
  });
});
