/** The hosts of a world by their names: which node they are on, and which addresses they have. */
import { IP_FAMILIES, type Ip, type IpFamily } from '../../../rules/ip.ts';
import { clientIp, nodeIp, podIp } from '../../support/addresses.ts';

/** One address in each family. */
export type IpPair = Readonly<Record<IpFamily, Ip>>;

/** Every host's own loopback addresses. */
export const LOCALHOST: IpPair = { IPv4: '127.0.0.1' as Ip, IPv6: '::1' as Ip };

/** Makes the addresses of both families. */
export function inBothFamilies(ipOf: (family: IpFamily) => Ip): IpPair {
  return { IPv4: ipOf('IPv4'), IPv6: ipOf('IPv6') };
}

/** Both addresses as a list, IPv4 first. */
export function listOf(pair: IpPair): Ip[] {
  return IP_FAMILIES.map((family) => pair[family]);
}

/** The addresses of `pod-1-2`, `node-1` or `client-1`. Throws a RangeError for another name. */
export function ipsOfHost(name: string): IpPair {
  const [kind, first = 0, second = 0] = partsOf(name);
  if (kind === 'pod') return inBothFamilies((family) => podIp(family, first, second));
  if (kind === 'node') return inBothFamilies((family) => nodeIp(family, first));
  return inBothFamilies((family) => clientIp(family, first));
}

/** The number of the node that a pod is on, or that a node has; `undefined` for a client. */
export function nodeNumberOf(name: string): number | undefined {
  const [kind, node] = partsOf(name);
  return kind === 'client' ? undefined : node;
}

/** A node's address among its pods: `cni0`, or its end of every routed link. */
export function gatewayIps(node: number): IpPair {
  return inBothFamilies((family) => podIp(family, node, 0));
}

// --- internal ---

function partsOf(name: string): [kind: string, ...numbers: number[]] {
  if (!/^(pod-\d+-\d+|node-\d+|client-\d+)$/.test(name)) {
    throw new RangeError(`not a pod, node or client of a world: ${name}`);
  }
  const [kind = '', ...numbers] = name.split('-');
  return [kind, ...numbers.map(Number)];
}
