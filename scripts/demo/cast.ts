/** Who plays which part: the demo's world, and which of its pods do what in the show. */
import { IP_FAMILIES, type Ip, type IpFamily } from '../../rules/ip.ts';
import { nodeIp, podIp } from '../../test/support/addresses.ts';
import type { WorldSpec } from '../world/topology.ts';

/** One pod of the world. */
export interface Pod {
  /** Its host's name in the world. */
  readonly name: string;
  readonly nodeName: string;
  readonly ips: Readonly<Record<IpFamily, Ip>>;
}

/** Two nodes with different pod networks, five pods plus four successors, and a client outside. */
export const WORLD: WorldSpec = {
  nodes: [{ pods: 5 }, { pods: 4, podNetwork: 'ptp' }],
  clients: 1,
};

/** Every pod of the world. */
export const PODS: readonly Pod[] = WORLD.nodes.flatMap(({ pods }, index) =>
  Array.from({ length: pods }, (_, podIndex) => podOf(index + 1, podIndex + 1)),
);

/** The client outside the cluster. */
export const CLIENT = 'client-1';

/** A pod that uses Services and serves no `web`, so that none of its connections are hairpins. */
export const CLIENT_POD = podNamed('pod-2-2');

/** The pod that a scale-up adds. */
export const NEWCOMER = podNamed('pod-1-3');

/** The pods that take over in the rolling replacement, in this order. */
export const SUCCESSORS: readonly Pod[] = ['pod-2-3', 'pod-1-4', 'pod-2-4', 'pod-1-5'].map(
  podNamed,
);

/** The node to which the router sends the load balancer addresses of a family. */
export const VIP_NODE: Readonly<Record<IpFamily, number>> = { IPv4: 1, IPv6: 2 };

/** The node whose node ports the client uses: the other one. */
export const NODE_PORT_NODE: Readonly<Record<IpFamily, number>> = { IPv4: 2, IPv6: 1 };

/** The nodes' names, in order. */
export const NODE_NAMES: readonly string[] = WORLD.nodes.map((_, index) => nodeName(index + 1));

/** The pod with this address; throws when the world has none. */
export function podAt(ip: Ip): Pod {
  const pod = PODS.find(({ ips }) => IP_FAMILIES.some((family) => ips[family] === ip));
  if (pod === undefined) throw new Error(`the demo's world has no pod with the address ${ip}`);
  return pod;
}

/** Their names. */
export function namesOf(pods: readonly Pod[]): string[] {
  return pods.map(({ name }) => name);
}

/** The name of the node or pod whose address it is; the address itself where it is neither's. */
export function ownerOf(ip: Ip): string {
  return OWNERS.get(ip) ?? ip;
}

// --- internal ---

function podNamed(name: string): Pod {
  const pod = PODS.find((each) => each.name === name);
  if (pod === undefined) throw new Error(`the demo's world has no ${name}`);
  return pod;
}

function podOf(node: number, pod: number): Pod {
  return {
    name: `pod-${node}-${pod}`,
    nodeName: nodeName(node),
    ips: { IPv4: podIp('IPv4', node, pod), IPv6: podIp('IPv6', node, pod) },
  };
}

function nodeName(node: number): string {
  return `node-${node}`;
}

/** A node has an address among the other nodes and, as number 0, one among its pods. */
const OWNERS: ReadonlyMap<Ip, string> = new Map(
  IP_FAMILIES.flatMap((family) => [
    ...NODE_NAMES.flatMap((name, index): [Ip, string][] => [
      [nodeIp(family, index + 1), name],
      [podIp(family, index + 1, 0), name],
    ]),
    ...PODS.map(({ name, ips }): [Ip, string] => [ips[family], name]),
  ]),
);
