import { expect } from 'chai';
import { IP_FAMILIES, type Ip, type IpFamily } from '../../../rules/ip.ts';
import { familyProblems, type FamilyFacts } from '../../../rules/node/family-problems.ts';
import { CLUSTER_CIDR, nodeIp } from '../../support/addresses.ts';

const V4_ONLY: readonly IpFamily[] = ['IPv4'];

/** Facts of a node with IPv4 first and nothing wrong, but for what is given. */
function problemsOf(facts: Partial<FamilyFacts>): string[] {
  return familyProblems({
    families: IP_FAMILIES,
    node: { ips: [nodeIp('IPv4', 1), nodeIp('IPv6', 1)], podCIDRs: [] },
    detectLocal: { mode: 'ClusterCIDR', cidrs: {} },
    serverIps: new Map(),
    ...facts,
  }).map(({ message, isFatal }) => `${isFatal ? 'fatal' : 'said'}: ${message}`);
}

describe('the address families of a node', () => {
  const v6Pods: Partial<FamilyFacts> = {
    detectLocal: { mode: 'ClusterCIDR', cidrs: { IPv6: CLUSTER_CIDR.IPv6 } },
  };
  const cases: readonly {
    readonly name: string;
    readonly facts: Partial<FamilyFacts>;
    readonly says: RegExp | undefined;
  }[] = [
    { name: 'both, and no pod network known', facts: {}, says: undefined },
    {
      name: 'both, and a pod network of each',
      facts: { detectLocal: { mode: 'ClusterCIDR', cidrs: CLUSTER_CIDR } },
      says: undefined,
    },
    {
      name: 'a primary IP that the kernel has no family for',
      facts: { families: V4_ONLY, node: { ips: [nodeIp('IPv6', 1)], podCIDRs: [] } },
      says: /^fatal: the primary IP of this node is .*kernel has no IPv6$/,
    },
    { name: 'clusterCIDR of the other family', facts: v6Pods, says: /^said: clusterCIDR/ },
    {
      name: 'clusterCIDR of a family that there is not',
      facts: { ...v6Pods, families: V4_ONLY },
      says: /^fatal: clusterCIDR .* has no IPv4 network/,
    },
    {
      name: 'spec.podCIDRs of the other family, where they tell pods',
      facts: {
        detectLocal: { mode: 'NodeCIDR' },
        node: { ips: [nodeIp('IPv4', 1)], podCIDRs: [CLUSTER_CIDR.IPv6] },
      },
      says: /^fatal: spec\.podCIDRs/,
    },
    {
      name: 'spec.podCIDRs of the other family, where something else tells pods',
      facts: {
        detectLocal: { mode: 'BridgeInterface', interface: 'cni0' },
        node: { ips: [nodeIp('IPv4', 1)], podCIDRs: [CLUSTER_CIDR.IPv6] },
      },
      says: undefined,
    },
    {
      name: 'a server at an address of a family that there is not',
      facts: { families: V4_ONLY, serverIps: new Map([['metricsBindAddress', nodeIp('IPv6', 1)]]) },
      says: /^said: metricsBindAddress is .* has no IPv6$/,
    },
    {
      name: 'a server at every address, of a family that there is not',
      facts: { families: V4_ONLY, serverIps: new Map([['metricsBindAddress', '::' as Ip]]) },
      says: undefined,
    },
  ];
  for (const { name, facts, says } of cases) {
    it(`${says === undefined ? 'fit' : 'do not fit'}: ${name}`, () => {
      const problems = problemsOf(facts);
      expect(problems).to.have.lengthOf(says === undefined ? 0 : 1);
      if (says !== undefined) expect(problems[0]).to.match(says);
    });
  }
});
