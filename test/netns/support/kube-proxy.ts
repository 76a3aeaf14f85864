/**
 * What kube-proxy leaves in a node's kernel for one Service, written by hand and small, in each of
 * its ways to write it (behaviour document, sections 3 and 4): what a node is like before a migration
 * and after the way back.
 */
import type { VariantName } from '../../../agent/kernel/iptables-variant.ts';
import { IP_FAMILIES, type Ip, type IpFamily, joinHostPort } from '../../../rules/ip.ts';
import type { Host } from '../../../scripts/world/host.ts';
import { CLUSTER_CIDR, nodeIp } from '../../support/addresses.ts';

/** A Service with one endpoint. */
export interface OldService {
  readonly clusterIp: (family: IpFamily) => Ip;
  readonly port: number;
  readonly nodePort: number;
  readonly endpointIp: (family: IpFamily) => Ip;
  readonly endpointPort: number;
}

/** One of kube-proxy's ways to program a kernel. */
export interface OldProxy {
  readonly name: string;
  /**
   * Whether its rules come before Switchyard's when they are written later: those of the same
   * priority run newest first, but the legacy tables keep the place that they got when the first
   * rule came.
   */
  readonly takesOverAtOnce: boolean;
  /** The programs that have to be there. */
  readonly programs: readonly string[];
  /** Puts kube-proxy's rules into the node's kernel. */
  readonly install: (node: Host, service: OldService) => Promise<void>;
  /** Takes them away as `kube-proxy --cleanup` does. */
  readonly cleanUp: (node: Host) => Promise<void>;
}

/** All of them but ipvs, for which few test machines have the kernel. */
export const OLD_PROXIES: readonly OldProxy[] = [
  {
    name: 'nftables',
    takesOverAtOnce: true,
    programs: ['nft'],
    install: async (node, service) => {
      const input = IP_FAMILIES.map((family) => nftablesTable(family, service)).join('');
      await node.exec('nft', ['-f', '-'], { input });
    },
    cleanUp: async (node) => {
      const input = 'delete table ip kube-proxy\ndelete table ip6 kube-proxy\n';
      await node.exec('nft', ['-f', '-'], { input });
    },
  },
  iptables('iptables, nft variant', true, {
    IPv4: 'iptables-nft-restore',
    IPv6: 'ip6tables-nft-restore',
  }),
  iptables('iptables, legacy variant', false, {
    IPv4: 'iptables-legacy-restore',
    IPv6: 'ip6tables-legacy-restore',
  }),
];

/** As kube-proxy does with every sync: chains of its names that it does not use are deleted. */
export async function removeStaleChains(node: Host, variant: VariantName): Promise<void> {
  for (const program of ['iptables', 'ip6tables']) {
    const { stdout } = await node.exec(`${program}-${variant}-save`, ['-t', 'nat']);
    const stale = [...stdout.matchAll(/^:(KUBE-(?:SVC|SVL|EXT|FW|SEP)-\S+)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => !name.endsWith('-WEB'));
    const declared = stale.map((name) => `:${name} - [0:0]`);
    const deleted = stale.map((name) => `-X ${name}`);
    const input = ['*nat', ...declared, ...deleted, 'COMMIT', ''].join('\n');
    await node.exec(`${program}-${variant}-restore`, ['--noflush'], { input });
  }
}

// --- internal ---

function nftablesTable(family: IpFamily, service: OldService): string {
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  const address = family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  const frontend = `${service.clusterIp(family)} . tcp . ${service.port}`;
  const endpoint = joinHostPort(service.endpointIp(family), service.endpointPort);
  return `
table ${ip} kube-proxy {
  set cluster-ips { type ${address} ; elements = { ${service.clusterIp(family)} } ; }
  set nodeport-ips { type ${address} ; elements = { ${nodeIp(family, 1)} } ; }
  chain reject-chain { reject ; }
  chain service-WEB { meta l4proto tcp dnat to ${endpoint} ; }
  chain external-WEB { mark set mark or 0x4000 ; goto service-WEB ; }
  map service-ips {
    type ${address} . inet_proto . inet_service : verdict
    elements = { ${frontend} : goto service-WEB }
  }
  map service-nodeports {
    type inet_proto . inet_service : verdict
    elements = { tcp . ${service.nodePort} : goto external-WEB }
  }
  chain services {
    ${ip} daddr @cluster-ips ${ip} saddr != ${CLUSTER_CIDR[family]} mark set mark or 0x4000
    ${ip} daddr . meta l4proto . th dport vmap @service-ips
    ${ip} daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
  }
  chain masquerading { mark and 0x4000 != 0 mark set mark xor 0x4000 masquerade fully-random ; }
  chain cluster-ips-check { ${ip} daddr @cluster-ips reject ; }
  chain filter-forward {
    type filter hook forward priority 0
    ct state new jump cluster-ips-check
  }
  chain filter-output {
    type filter hook output priority 0
    ct state new jump cluster-ips-check
  }
  chain nat-prerouting { type nat hook prerouting priority -100 ; jump services ; }
  chain nat-output { type nat hook output priority -100 ; jump services ; }
  chain nat-postrouting { type nat hook postrouting priority 100 ; jump masquerading ; }
}
`;
}

function iptables(
  name: string,
  takesOverAtOnce: boolean,
  restore: Readonly<Record<IpFamily, string>>,
): OldProxy {
  const run = async (node: Host, textOf: (family: IpFamily) => string): Promise<void> => {
    for (const family of IP_FAMILIES) {
      await node.exec(restore[family], ['--noflush'], { input: textOf(family) });
    }
  };
  return {
    name,
    takesOverAtOnce,
    programs: Object.values(restore),
    install: (node, service) => run(node, (family) => iptablesRules(family, service)),
    cleanUp: (node) => run(node, () => IPTABLES_CLEANUP),
  };
}

function iptablesRules(family: IpFamily, service: OldService): string {
  const clusterIp = `-d ${service.clusterIp(family)} -p tcp --dport ${service.port}`;
  const endpoint = joinHostPort(service.endpointIp(family), service.endpointPort);
  return `*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-EXT-WEB - [0:0]
:KUBE-SVC-WEB - [0:0]
:KUBE-SEP-WEB - [0:0]
-I PREROUTING -j KUBE-SERVICES
-I OUTPUT -j KUBE-SERVICES
-I POSTROUTING -j KUBE-POSTROUTING
-A KUBE-SERVICES ${clusterIp} -j KUBE-SVC-WEB
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-NODEPORTS -p tcp --dport ${service.nodePort} -j KUBE-EXT-WEB
-A KUBE-EXT-WEB -j KUBE-MARK-MASQ
-A KUBE-EXT-WEB -j KUBE-SVC-WEB
-A KUBE-SVC-WEB ${clusterIp} ! -s ${CLUSTER_CIDR[family]} -j KUBE-MARK-MASQ
-A KUBE-SVC-WEB -j KUBE-SEP-WEB
-A KUBE-SEP-WEB -p tcp -j DNAT --to-destination ${endpoint}
-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
*filter
:KUBE-FORWARD - [0:0]
-I FORWARD -j KUBE-FORWARD
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
`;
}

/** Jumps first, then the chains: naming one empties it, so that it can be deleted. */
const IPTABLES_CLEANUP = `*nat
-D PREROUTING -j KUBE-SERVICES
-D OUTPUT -j KUBE-SERVICES
-D POSTROUTING -j KUBE-POSTROUTING
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-EXT-WEB - [0:0]
:KUBE-SVC-WEB - [0:0]
:KUBE-SEP-WEB - [0:0]
-X KUBE-SERVICES
-X KUBE-NODEPORTS
-X KUBE-POSTROUTING
-X KUBE-EXT-WEB
-X KUBE-MARK-MASQ
-X KUBE-SVC-WEB
-X KUBE-SEP-WEB
COMMIT
*filter
-D FORWARD -j KUBE-FORWARD
:KUBE-FORWARD - [0:0]
-X KUBE-FORWARD
COMMIT
`;
