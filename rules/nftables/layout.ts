/**
 * The table's fixed shape: its sets, maps and base chains. Always the same objects, however many
 * Services there are; two versions of Switchyard with the same shape can take over from each other
 * in place.
 */
import type { IpFamily } from '../ip.ts';
import {
  concat,
  payload,
  type Command,
  type NamedSet,
  type NftObject,
} from '../nftables-json/index.ts';
import { ENDPOINT_MAPS, endpointMapName, type EndpointMap } from './endpoint-maps.ts';
import { AFFINITY, nftFamily, TABLE, type Collection } from './names.ts';
import { packetFields, randomSlot } from './packet.ts';

/** A chain that hangs on a netfilter hook. */
export interface BaseChain {
  readonly name: string;
  readonly type: 'filter' | 'nat';
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  readonly prio: number;
}

/**
 * The base chains: where CNIs expect a service proxy (behaviour document, section 4.3). Numbers for
 * priorities, since nft refuses the name `dstnat` on output.
 */
export const BASE_CHAINS: readonly BaseChain[] = [
  // Before DNAT, where a load balancer's address is still the packet's destination.
  { name: 'filter-prerouting-pre-dnat', type: 'filter', hook: 'prerouting', prio: -110 },
  { name: 'filter-output-pre-dnat', type: 'filter', hook: 'output', prio: -110 },
  // Rejects stand here and not in prerouting: kernels before 5.9 refuse them there.
  { name: 'filter-input', type: 'filter', hook: 'input', prio: 0 },
  { name: 'filter-forward', type: 'filter', hook: 'forward', prio: 0 },
  { name: 'filter-output', type: 'filter', hook: 'output', prio: 0 },
  { name: 'nat-prerouting', type: 'nat', hook: 'prerouting', prio: -100 },
  { name: 'nat-output', type: 'nat', hook: 'output', prio: -100 },
  { name: 'nat-postrouting', type: 'nat', hook: 'postrouting', prio: 100 },
];

/** The commands that make the table with its sets, maps and base chains, all of them empty. */
export function layoutCommands(family: IpFamily): Command[] {
  return [
    table(family),
    ...collections(family),
    ...BASE_CHAINS.map((chain) => baseChain(family, chain)),
  ].map((object) => ({ add: object }));
}

// --- internal ---

/**
 * How many clients may be stuck at once. Entries cost memory when they exist, not before; the limit
 * keeps a flood of forged source addresses from eating the kernel's without end.
 */
const AFFINITY_SIZE = 262_144;

function table(family: IpFamily): NftObject {
  return {
    table: { family: nftFamily(family), name: TABLE, comment: 'rules of switchyard: do not edit' },
  };
}

function baseChain(family: IpFamily, chain: BaseChain): NftObject {
  return { chain: { family: nftFamily(family), table: TABLE, policy: 'accept', ...chain } };
}

function collections(family: IpFamily): NftObject[] {
  const address = family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  const port = ['inet_proto', 'inet_service'];
  const destination = [address, ...port];
  return [
    ...ENDPOINT_MAPS.map((map) => endpointMap(family, map)),
    set(family, 'hairpin-connections', [address, ...destination], 'connections of a pod to itself'),
    set(family, 'listeners', destination, 'where the userspace proxy listens, if it serves'),
    intervalSet(family, 'source-ranges', [...destination, address], 'who may use firewalled-ips'),
    intervalSet(
      family,
      'nodeport-cidrs',
      address,
      'where node ports are reachable, if not everywhere',
    ),
    intervalSet(family, 'service-cidrs', address, 'ranges that ClusterIPs come from'),
    set(family, 'cluster-ips', address, 'active ClusterIPs'),
    set(family, 'firewalled-ips', destination, 'addresses with loadBalancerSourceRanges'),
    verdictMap(family, 'cluster-policy-ips', destination, 'external traffic to endpoints anywhere'),
    verdictMap(family, 'cluster-policy-nodeports', port, 'external traffic to endpoints anywhere'),
    verdictMap(
      family,
      'local-policy-ips',
      destination,
      'external traffic to endpoints on this node',
    ),
    verdictMap(
      family,
      'local-policy-nodeports',
      port,
      'external traffic to endpoints on this node',
    ),
    verdictMap(family, 'service-ips', destination, 'ClusterIPs, external IPs, load balancer IPs'),
    verdictMap(family, 'service-nodeports', port, 'node ports'),
    verdictMap(family, 'no-endpoint-services', destination, 'services without usable endpoints'),
    verdictMap(family, 'no-endpoint-nodeports', port, 'node ports without usable endpoints'),
    affinitySet(family, address, destination),
  ];
}

function set(
  family: IpFamily,
  name: Collection,
  type: string | string[],
  comment: string,
): { set: NamedSet } {
  return { set: { family: nftFamily(family), table: TABLE, name, type, comment } };
}

function intervalSet(
  family: IpFamily,
  name: Collection,
  type: string | string[],
  comment: string,
): NftObject {
  return { set: { ...set(family, name, type, comment).set, flags: ['interval'] } };
}

function verdictMap(
  family: IpFamily,
  name: Collection,
  type: string[],
  comment: string,
): NftObject {
  return { map: { family: nftFamily(family), table: TABLE, name, type, map: 'verdict', comment } };
}

/** `typeof`, because no data type's name stands for what numgen yields. */
function endpointMap(family: IpFamily, map: EndpointMap): NftObject {
  const { daddr } = packetFields(family);
  const dport = payload(map.protocol, 'dport');
  const frontend = map.isNodePort ? [dport] : [daddr, dport];
  return {
    map: {
      family: nftFamily(family),
      table: TABLE,
      name: endpointMapName(map),
      type: { typeof: concat(...frontend, randomSlot(2, 0)) },
      map: { typeof: concat(daddr, dport) },
      comment: map.isNodePort
        ? 'endpoints by node port and slot'
        : 'endpoints by frontend and slot',
    },
  };
}

function affinitySet(family: IpFamily, address: string, destination: string[]): NftObject {
  return {
    set: {
      family: nftFamily(family),
      table: TABLE,
      name: AFFINITY,
      type: [address, ...destination, 'mark'],
      flags: ['dynamic', 'timeout'],
      size: AFFINITY_SIZE,
      comment: 'which client is stuck to which slot',
    },
  };
}
