/** Endpoints and choices of them, for tests of balancers. */
import { joinHostPort, type Ip } from '../../../rules/ip.ts';
import { newEndpoint, type BalancedEndpoint } from '../../../rules/userspace/balanced-endpoint.ts';
import type { Balancer } from '../../../rules/userspace/balancer.ts';
import type { ListenerEndpoint } from '../../../rules/userspace/listener-spec.ts';
import { clientIp, podIp } from '../../support/addresses.ts';

/** What a listener is told of the pod with this number (from 1) on node 1. */
export function target(pod: number, weight = 1): ListenerEndpoint {
  const ip = podIp('IPv4', 1, pod);
  return { id: joinHostPort(ip, 8080), ip, port: 8080, weight };
}

/** So many endpoints, sorted by id, with the weights of a list that is gone through again and again. */
export function endpoints(count: number, weights: readonly number[] = [1]): BalancedEndpoint[] {
  return Array.from({ length: count }, (_, i) =>
    newEndpoint(target(i + 1, weights[i % weights.length])),
  ).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The endpoints that so many connections get, one after the other, each from another client. */
export function picks(
  balancer: Balancer,
  count: number,
  fit: (endpoint: BalancedEndpoint) => boolean = () => true,
): BalancedEndpoint[] {
  return Array.from({ length: count }, (_, i) => {
    const picked = balancer.pick({ client: client(i), nowMs: 0, isFit: fit });
    if (picked === undefined) throw new Error('nothing was picked');
    return picked;
  });
}

/** A client's address, by a number from 0. */
export function client(number: number): Ip {
  return number < 250 ? clientIp('IPv4', number + 1) : clientIp('IPv6', number);
}

/** How often each was picked, in the order of the list of all. */
export function counts(
  all: readonly BalancedEndpoint[],
  picked: readonly BalancedEndpoint[],
): number[] {
  return all.map((endpoint) => picked.filter((it) => it === endpoint).length);
}

/** Numbers that look random and are the same every time (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
