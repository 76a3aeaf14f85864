import { expect } from 'chai';
import { parseNode } from '../../../../rules/services/parse/node.ts';
import { externalIp, nodeIp } from '../../../support/addresses.ts';
import { problemsOf, valueOf } from '../builders.ts';

describe('parseNode', () => {
  it('reads name, zone, IPs and pod CIDRs', () => {
    const raw = rawNode(
      [
        { type: 'Hostname', address: 'node-1' },
        { type: 'InternalIP', address: nodeIp('IPv4', 1) },
        { type: 'InternalIP', address: nodeIp('IPv6', 1) },
      ],
      { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'] },
    );
    expect(valueOf(parseNode(raw))).to.deep.equal({
      name: 'node-1',
      zone: 'zone-a',
      ips: [nodeIp('IPv4', 1), nodeIp('IPv6', 1)],
      podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'],
      isEligible: true,
    });
  });

  it('needs nothing but a name', () => {
    expect(valueOf(parseNode({ metadata: { name: 'node-1' } }))).to.deep.equal({
      name: 'node-1',
      zone: '',
      ips: [],
      podCIDRs: [],
      isEligible: true,
    });
  });

  const addresses: { name: string; given: [string, string][]; ips: string[] }[] = [
    {
      name: 'prefers internal IPs to external ones, whatever their order',
      given: [
        ['ExternalIP', externalIp('IPv4', 1)],
        ['InternalIP', nodeIp('IPv4', 1)],
      ],
      ips: [nodeIp('IPv4', 1)],
    },
    {
      name: 'takes the second family from an external IP if need be',
      given: [
        ['InternalIP', nodeIp('IPv6', 1)],
        ['InternalIP', nodeIp('IPv6', 2)],
        ['ExternalIP', externalIp('IPv4', 1)],
      ],
      ips: [nodeIp('IPv6', 1), externalIp('IPv4', 1)],
    },
    {
      name: 'has external IPs when there are no internal ones',
      given: [['ExternalIP', externalIp('IPv4', 1)]],
      ips: [externalIp('IPv4', 1)],
    },
  ];
  for (const { name, given, ips } of addresses) {
    it(name, () => {
      const raw = rawNode(given.map(([type, address]) => ({ type, address })));
      expect(valueOf(parseNode(raw)).ips).to.deep.equal(ips);
    });
  }

  it('reports and leaves out addresses and pod CIDRs that are impossible', () => {
    const raw = rawNode(
      [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'InternalIP', address: 'node-1' },
        { type: 'InternalIP', address: nodeIp('IPv4', 1) },
      ],
      { podCIDRs: ['10.244.1.0', '10.244.1.0/24'] },
    );
    const outcome = parseNode(raw);
    expect(outcome.kind === 'ok' && outcome.value.ips).to.deep.equal([nodeIp('IPv4', 1)]);
    expect(outcome.kind === 'ok' && outcome.value.podCIDRs).to.deep.equal(['10.244.1.0/24']);
    expect(problemsOf(outcome)).to.deep.equal([
      'status.addresses[0].address: expected an address that other hosts can reach, got the loopback address 127.0.0.1',
      'status.addresses[1].address: expected an IP address, got "node-1"',
      'spec.podCIDRs[0]: expected a CIDR such as 10.0.0.0/8 or fd00::/64, got "10.244.1.0"',
    ]);
  });

  const removals: { name: string; raw: object; isEligible: boolean }[] = [
    { name: 'a taint of another kind', raw: taintedNode('NoSchedule'), isEligible: true },
    {
      name: "the autoscaler's taint",
      raw: taintedNode('NoSchedule', 'ToBeDeletedByClusterAutoscaler'),
      isEligible: false,
    },
    {
      name: 'a deletion under way',
      raw: { metadata: { name: 'node-1', deletionTimestamp: '2026-11-21T10:00:00Z' } },
      isEligible: false,
    },
  ];
  for (const { name, raw, isEligible } of removals) {
    it(`is ${isEligible ? 'still' : 'not'} eligible for new traffic with ${name}`, () => {
      expect(valueOf(parseNode(raw)).isEligible).to.equal(isEligible);
    });
  }

  it('is refused without a possible name', () => {
    const outcome = parseNode({ metadata: { name: 'Node_1' } });
    expect(outcome.kind).to.equal('refused');
    expect(problemsOf(outcome)).to.deep.equal([
      'metadata.name: expected a DNS name (labels of a-z, 0-9 and inner "-" joined by ".", at most 253 characters), got "Node_1"',
    ]);
  });
});

function rawNode(addresses: object[], spec: object = {}): object {
  const labels = { 'topology.kubernetes.io/zone': 'zone-a' };
  return { metadata: { name: 'node-1', labels }, spec, status: { addresses } };
}

function taintedNode(...keys: string[]): object {
  const taints = keys.map((key) => ({ key, effect: 'NoSchedule' }));
  return { metadata: { name: 'node-1' }, spec: { taints } };
}
