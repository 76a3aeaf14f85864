/**
 * Where node ports are reachable. Each node has other `nodePortAddresses`, and serves the same ports
 * itself at all of its addresses: whoever is answered by the node met no node port there.
 */
import { hostCidr, IP_FAMILIES, type IpFamily } from '../../../../rules/ip.ts';
import { gatewayIps, type IpPair, ipsOfHost, LOCALHOST, listOf } from '../hosts.ts';
import { kept, masqueraded, type PacketRow } from '../row.ts';
import { makeService, nodePortOf } from '../service.ts';
import { nodePortAtIps, through } from '../target.ts';
import type { Server, Topic } from '../topic.ts';

/** A kind of address that every node has. */
type Place = 'the node IP' | 'the address among the pods' | 'localhost';

/** One node's addresses, and at which places node ports must be reachable then. */
interface Case {
  readonly addresses: readonly string[];
  readonly served: Readonly<Record<IpFamily, readonly Place[]>>;
}

/** Node 1 first. The nodes of ./local-detectors.ts to whose node ports pods go serve the node IP. */
const CASES: readonly Case[] = [
  {
    // Accepted, and yet not served: a packet filter cannot without opening localhost to the network.
    addresses: ['localhost'],
    served: { IPv4: [], IPv6: [] },
  },
  {
    addresses: ['primary'],
    served: { IPv4: ['the node IP'], IPv6: ['the node IP'] },
  },
  {
    addresses: ['all'],
    served: {
      IPv4: ['the node IP', 'the address among the pods'],
      IPv6: ['the node IP', 'the address among the pods'],
    },
  },
  {
    // Nothing said of IPv6: open.
    addresses: [hostCidr(ipsOfHost('node-4').IPv4)],
    served: { IPv4: ['the node IP'], IPv6: ['the node IP', 'the address among the pods'] },
  },
  {
    addresses: listOf(gatewayIps(5)).map(hostCidr),
    served: { IPv4: ['the address among the pods'], IPv6: ['the address among the pods'] },
  },
];

const web = makeService({ number: 31, name: 'np-web', type: 'NodePort', endpoints: ['pod-1-1'] });
const empty = makeService({ number: 32, name: 'np-empty', type: 'NodePort', endpoints: [] });

/** The agents' flags, node 1 first. */
export const NODE_PORT_FLAGS = CASES.map(({ addresses }) => [
  '--nodeport-addresses',
  addresses.join(),
]);

/** Which addresses have node ports. */
export const NODE_PORT_ADDRESSES: readonly Topic[] = CASES.map((each, index) => ({
  name: `node port addresses ${each.addresses.join()}`,
  services: index === 0 ? [web, empty] : [],
  servers: serversOf(index + 1),
  rows: IP_FAMILIES.flatMap((family) => rowsOf(each, index + 1, family)),
}));

// --- internal ---

/** The places of a node, each with somebody who can reach it. */
function placesOf(node: number): { place: Place; ips: IpPair; from: string }[] {
  return [
    { place: 'the node IP', ips: ipsOfHost(`node-${node}`), from: 'client-1' },
    { place: 'the address among the pods', ips: gatewayIps(node), from: `pod-${node}-2` },
    { place: 'localhost', ips: LOCALHOST, from: `node-${node}` },
  ];
}

function serversOf(node: number): Server[] {
  return placesOf(node).flatMap(({ ips }) =>
    [web, empty].map(({ number }) => ({ host: `node-${node}`, ips, port: nodePortOf(number) })),
  );
}

function rowsOf({ served }: Case, node: number, family: IpFamily): PacketRow[] {
  return placesOf(node).flatMap(({ place, ips, from }) => {
    const isServed = served[family].includes(place);
    const says = isServed ? 'has node ports' : 'has no node ports';
    const common = {
      from,
      families: [family],
      ...(place === 'localhost' && { unless: 'node ports at localhost' as const }),
    };
    return [
      {
        name: `${place} ${says} (${family})`,
        ...common,
        to: through(node, nodePortAtIps(ips, web)),
        expected: isServed
          ? masqueraded('pod-1-1')
          : kept(`node-${node}:${nodePortOf(web.number)}`),
      },
      {
        name: `${place} ${says} that refuse for want of endpoints (${family})`,
        ...common,
        to: through(node, nodePortAtIps(ips, empty)),
        expected: isServed ? 'reject' : kept(`node-${node}:${nodePortOf(empty.number)}`),
      },
    ];
  });
}
