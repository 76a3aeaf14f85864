/** Settings of a table: those of a node without anything special, and any. */
import fc from 'fast-check';
import { hostCidr, mergeCidrs, parseCidr, type Cidr, type IpFamily } from '../../../../rules/ip.ts';
import type { RuleSettings } from '../../../../rules/settings.ts';
import {
  CLUSTER_CIDR,
  clientIp,
  clusterIp,
  nodeIp,
  SERVICE_CIDR,
} from '../../../support/addresses.ts';

/** Node 1's, with node ports at its own address. */
export function makeSettings(family: IpFamily, fields: Partial<RuleSettings> = {}): RuleSettings {
  return {
    masqueradeMark: 0x4000,
    masqueradeAll: false,
    localDetector: { kind: 'cidr', cidr: CLUSTER_CIDR[family] },
    nodePorts: { matchAll: false, cidrs: [hostCidr(nodeIp(family, 1))] },
    serviceCidrs: [SERVICE_CIDR[family]],
    nodeIps: [nodeIp(family, 1)],
    ...fields,
  };
}

/** Settings that differ in everything that a node or its administrator can change. */
export function anySettings(family: IpFamily): fc.Arbitrary<RuleSettings> {
  const [node, otherNode] = [nodeIp(family, 1), nodeIp(family, 2)];
  const nodePortCidrs = [hostCidr(node), hostCidr(otherNode), networkAround(node, 8)];
  const serviceCidrs = [SERVICE_CIDR[family], networkAround(clusterIp(family, 1), 6)];
  return fc.record({
    masqueradeMark: fc.constantFrom(0x4000, 0x8000),
    masqueradeAll: fc.boolean(),
    localDetector: fc.constantFrom(
      undefined,
      { kind: 'cidr' as const, cidr: CLUSTER_CIDR[family] },
      { kind: 'interface' as const, name: 'cni0' },
      { kind: 'interface-prefix' as const, prefix: 'veth' },
    ),
    nodePorts: fc
      .subarray(nodePortCidrs)
      .map((cidrs) =>
        cidrs.length === 0
          ? { matchAll: true as const }
          : { matchAll: false as const, cidrs: mergeCidrs(cidrs) },
      ),
    serviceCidrs: fc.subarray(serviceCidrs).map(mergeCidrs),
    nodeIps: fc.constantFrom([node], [otherNode], []),
  });
}

/** The network that an address lies in, with this many bits left for hosts. */
export function networkAround(ip: string, hostBits: number): Cidr {
  const length = (ip.includes(':') ? 128 : 32) - hostBits;
  const cidr = parseCidr(`${ip}/${length}`);
  if (cidr === undefined) throw new Error(`not an address: ${ip}`);
  return cidr;
}

/** Source ranges that nest: outside clients, half of them, and this node. */
export function sourceRangesOf(family: IpFamily): readonly Cidr[] {
  const client = clientIp(family, 1);
  return [networkAround(client, 8), networkAround(client, 4), networkAround(nodeIp(family, 1), 8)];
}
