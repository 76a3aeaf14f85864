/**
 * What the world looks like, as commands for `ip -batch`: pure, nothing is run here. The README
 * draws it; the addresses are those of the legend in test/support/addresses.ts.
 */
import {
  type Cidr,
  IP_FAMILIES,
  type Ip,
  type IpFamily,
  familyOf,
  hostCidr,
  parseCidr,
} from '../../rules/ip.ts';
import { clientIp, nodeIp, podIp } from '../../test/support/addresses.ts';

/** How pods hang on their node: all on one bridge, `cni0`, or each on a routed link, `vethpod1`, ... */
export type PodNetwork = 'bridge' | 'ptp';

/** One node; they are `node-1`, `node-2`, ... in order. */
export interface NodeSpec {
  /** How many pods: `pod-<node>-1`, `pod-<node>-2`, ... */
  readonly pods: number;
  /** Default: bridge. */
  readonly podNetwork?: PodNetwork;
}

/** The world to build. */
export interface WorldSpec {
  readonly nodes: readonly NodeSpec[];
  /** How many clients outside the cluster: `client-1`, ... */
  readonly clients: number;
}

/** The words of one line for `ip -batch`. */
export type IpCommand = readonly string[];

/** One network namespace. */
export interface NamespacePlan {
  readonly name: string;
  /** Whether it passes packets on. */
  readonly forwards: boolean;
  /** Sets up what is inside, once the interfaces are there. */
  readonly commands: readonly IpCommand[];
}

/** A whole world. */
export interface WorldPlan {
  readonly namespaces: readonly NamespacePlan[];
  /** Makes every interface; run outside the namespaces. */
  readonly interfaces: readonly IpCommand[];
}

/** The namespace that joins nodes and clients. */
export const ROUTER = 'router';

/** Lays out the world. */
export function planWorld(spec: WorldSpec): WorldPlan {
  const nodes = spec.nodes.map((node, index) => planNode(node, index + 1, spec.nodes.length));
  const pods = spec.nodes.flatMap((node, index) => {
    return numbersTo(node.pods).map((pod) => ({ node: index + 1, pod }));
  });
  const clients = numbersTo(spec.clients).map(planClient);
  return {
    namespaces: [
      planRouter(nodes, clients),
      ...nodes,
      ...pods.map(({ node, pod }) => planPod(node, pod)),
      ...clients,
    ],
    interfaces: [
      // First the bridges, so that no veth has the number of its peer: Linux takes such a one for a
      // device without a peer, and may let a second pass after "up" before it sends anything.
      addBridge(ROUTER, 'nodes'),
      addBridge(ROUTER, 'clients'),
      ...spec.nodes.flatMap(({ podNetwork = 'bridge' }, index) => {
        return podNetwork === 'bridge' ? [addBridge(nodeName(index + 1), 'cni0')] : [];
      }),
      ...[...nodes, ...clients].map(({ name }) => addVeth(name, 'eth0', ROUTER, name)),
      ...pods.map(({ node, pod }) => {
        return addVeth(podName(node, pod), 'eth0', nodeName(node), podLink(pod));
      }),
    ],
  };
}

/** The network of the pods of the node with this number. */
export function podCidr(family: IpFamily, node: number): Cidr {
  const cidr = parseCidr(inSubnet(podGateway(family, node)));
  if (cidr === undefined) throw new RangeError(`no pod network is possible for node ${node}`);
  return cidr;
}

/** On the router: sends what goes to `cidr` to the node with this number, from now on. */
export function routeCommand(cidr: Cidr, node: number): IpCommand {
  return ['route', 'replace', cidr, 'via', nodeIp(familyOf(cidr), node)];
}

// --- internal ---

/** The router's number among the nodes, and among the clients. */
const ROUTER_NUMBER = 254;

function planRouter(
  nodes: readonly NamespacePlan[],
  clients: readonly NamespacePlan[],
): NamespacePlan {
  const towards = (
    name: string,
    ipOf: (family: IpFamily) => Ip,
    others: readonly NamespacePlan[],
  ) => [
    ...up(name, (family) => inSubnet(ipOf(family))),
    ...others.map((other) => port(other.name, name)),
  ];
  return {
    name: ROUTER,
    forwards: true,
    commands: [
      ...LOOPBACK_UP,
      ...towards('nodes', (family) => nodeIp(family, ROUTER_NUMBER), nodes),
      ...towards('clients', (family) => clientIp(family, ROUTER_NUMBER), clients),
    ],
  };
}

function planNode(
  { pods, podNetwork = 'bridge' }: NodeSpec,
  node: number,
  nodeCount: number,
): NamespacePlan {
  const others = numbersTo(nodeCount).filter((other) => other !== node);
  return {
    name: nodeName(node),
    forwards: true,
    commands: [
      ...LOOPBACK_UP,
      ...up('eth0', (family) => inSubnet(nodeIp(family, node))),
      ...IP_FAMILIES.flatMap((family) => [
        defaultRoute(nodeIp(family, ROUTER_NUMBER)),
        ...others.map((other) => routeCommand(podCidr(family, other), other)),
      ]),
      ...(podNetwork === 'bridge' ? bridgedPods(node, pods) : routedPods(node, pods)),
    ],
  };
}

function bridgedPods(node: number, pods: number): IpCommand[] {
  return [
    ...up('cni0', (family) => inSubnet(podGateway(family, node))),
    ...numbersTo(pods).flatMap((pod) => [
      port(podLink(pod), 'cni0'),
      // As CNI plugins do: with br_netfilter a pod that reaches itself through a Service comes back
      // out of the port that it went in.
      ['link', 'set', podLink(pod), 'type', 'bridge_slave', 'hairpin', 'on'],
    ]),
  ];
}

function routedPods(node: number, pods: number): IpCommand[] {
  return numbersTo(pods).flatMap((pod) => [
    ['link', 'set', podLink(pod), 'up'],
    ...IP_FAMILIES.flatMap((family) => [
      addAddress(hostCidr(podGateway(family, node)), podLink(pod)),
      ['route', 'add', hostCidr(podIp(family, node, pod)), 'dev', podLink(pod)],
    ]),
  ]);
}

/**
 * A pod's address is a network of its own, so that everything goes through the node: among bridged
 * pods the reply to a connection that the node sent elsewhere would else go back past the node.
 */
function planPod(node: number, pod: number): NamespacePlan {
  return {
    name: podName(node, pod),
    forwards: false,
    commands: [
      ...LOOPBACK_UP,
      ...up('eth0', (family) => hostCidr(podIp(family, node, pod))),
      ...IP_FAMILIES.flatMap((family) => [
        ['route', 'add', hostCidr(podGateway(family, node)), 'dev', 'eth0'],
        defaultRoute(podGateway(family, node)),
      ]),
    ],
  };
}

function planClient(client: number): NamespacePlan {
  return {
    name: `client-${client}`,
    forwards: false,
    commands: [
      ...LOOPBACK_UP,
      ...up('eth0', (family) => inSubnet(clientIp(family, client))),
      ...IP_FAMILIES.map((family) => defaultRoute(clientIp(family, ROUTER_NUMBER))),
    ],
  };
}

const LOOPBACK_UP: readonly IpCommand[] = [['link', 'set', 'lo', 'up']];

function addBridge(name: string, device: string): IpCommand {
  // Nobody here asks who listens to what, so multicast goes everywhere and IPv6 finds neighbours.
  return ['link', 'add', device, 'netns', name, 'type', 'bridge', 'mcast_snooping', '0'];
}

function addVeth(name: string, device: string, peerName: string, peerDevice: string): IpCommand {
  return [
    ...['link', 'add', device, 'netns', name, 'type', 'veth'],
    ...['peer', 'name', peerDevice, 'netns', peerName],
  ];
}

function up(device: string, cidrOf: (family: IpFamily) => string): IpCommand[] {
  return [
    ['link', 'set', device, 'up'],
    ...IP_FAMILIES.map((family) => addAddress(cidrOf(family), device)),
  ];
}

function port(device: string, bridgeName: string): IpCommand {
  return ['link', 'set', device, 'master', bridgeName, 'up'];
}

function addAddress(cidr: string, device: string): IpCommand {
  // Without duplicate address detection an IPv6 address can be used at once.
  const flags = cidr.includes(':') ? ['nodad'] : [];
  return ['address', 'add', cidr, 'dev', device, ...flags];
}

function defaultRoute(gateway: Ip): IpCommand {
  return ['route', 'add', 'default', 'via', gateway];
}

/** The address as an interface carries it on a shared network: /24 or /64. */
function inSubnet(ip: Ip): string {
  return `${ip}/${familyOf(ip) === 'IPv4' ? 24 : 64}`;
}

/** The node's own address among its pods, which the legend leaves free: pods count from 1. */
function podGateway(family: IpFamily, node: number): Ip {
  return podIp(family, node, 0);
}

function nodeName(node: number): string {
  return `node-${node}`;
}

function podName(node: number, pod: number): string {
  return `pod-${node}-${pod}`;
}

/** The node's end of the link to its pod. */
function podLink(pod: number): string {
  return `vethpod${pod}`;
}

function numbersTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
