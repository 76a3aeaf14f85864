/** loadBalancerSourceRanges: who may use a VIP. */
import { type Cidr, hostCidr } from '../../../../rules/ip.ts';
import { clientIp } from '../../../support/addresses.ts';
import { ipsOfHost, listOf } from '../hosts.ts';
import { kept, masqueraded } from '../row.ts';
import { makeService, vips } from '../service.ts';
import { clusterIpOf, externalIpOf, nodePortAt, vipOf } from '../target.ts';
import type { Topic } from '../topic.ts';

const CLIENT_1: readonly Cidr[] = listOf(ipsOfHost('client-1')).map(hostCidr);
const NODE_1: readonly Cidr[] = listOf(ipsOfHost('node-1')).map(hostCidr);

const guarded = makeService({
  number: 46,
  name: 'lb-guarded',
  type: 'LoadBalancer',
  hasExternalIp: true,
  endpoints: ['pod-1-1', 'pod-2-1'],
  spec: { loadBalancerSourceRanges: CLIENT_1.map((cidr) => `  ${cidr} `) },
});

const guardedInOneFamily = makeService({
  number: 47,
  name: 'lb-guarded-in-one-family',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1'],
  spec: { loadBalancerSourceRanges: [hostCidr(clientIp('IPv4', 1))] },
});

const openToNode = makeService({
  number: 48,
  name: 'lb-open-to-node',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1'],
  spec: { loadBalancerSourceRanges: NODE_1 },
});

const closedToNode = makeService({
  number: 49,
  name: 'lb-closed-to-node',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1'],
  spec: { loadBalancerSourceRanges: CLIENT_1 },
});

const empty = makeService({
  number: 50,
  name: 'lb-guarded-empty',
  type: 'LoadBalancer',
  endpoints: [],
  spec: { loadBalancerSourceRanges: CLIENT_1 },
});

const local = makeService({
  number: 51,
  name: 'lb-guarded-local',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1', 'pod-2-1'],
  spec: { loadBalancerSourceRanges: CLIENT_1, externalTrafficPolicy: 'Local' },
});

/** Reaching a VIP that has source ranges. */
export const SOURCE_RANGES: Topic = {
  name: 'load balancer source ranges',
  services: [guarded, guardedInOneFamily, openToNode, closedToNode, empty, local],
  // Some load balancers give VIPs to nodes, which then send from them.
  extraIps: [openToNode, closedToNode].map(({ number }) => ({ host: 'node-1', ips: vips(number) })),
  rows: [
    {
      name: 'a source inside a range is served, also where spaces surround the range',
      from: 'client-1',
      to: vipOf(guarded),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    ...['client-2', 'pod-1-3', 'node-1'].map((from) => ({
      name: `${from}, outside the ranges, hears nothing`,
      from,
      to: vipOf(guarded),
      expected: 'drop' as const,
    })),
    {
      name: 'the node port is open to everybody',
      from: 'client-2',
      to: nodePortAt(1, guarded),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'the external IP is open to everybody',
      from: 'client-2',
      to: externalIpOf(guarded),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'the ClusterIP is open to everybody',
      from: 'client-2',
      to: clusterIpOf(guarded),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'a range guards its own family',
      from: 'client-2',
      to: vipOf(guardedInOneFamily),
      expected: 'drop',
      families: ['IPv4'],
    },
    {
      name: 'a family without a range is open',
      from: 'client-2',
      to: vipOf(guardedInOneFamily),
      expected: masqueraded('pod-1-1'),
      families: ['IPv6'],
    },
    {
      name: 'a node inside a range is served',
      from: 'node-1',
      to: vipOf(openToNode),
      expected: masqueraded('pod-1-1'),
    },
    {
      name: 'a node inside a range is served when it sends from the VIP',
      from: 'node-1',
      sourceIps: vips(openToNode.number),
      to: vipOf(openToNode),
      expected: masqueraded('pod-1-1'),
    },
    {
      name: 'a node outside the ranges hears nothing when it sends from the VIP',
      from: 'node-1',
      sourceIps: vips(closedToNode.number),
      to: vipOf(closedToNode),
      expected: 'drop',
    },
    {
      name: 'a source inside a range is refused where there is no endpoint',
      from: 'client-1',
      to: vipOf(empty),
      expected: 'reject',
    },
    {
      name: 'a source outside the ranges hears nothing even where there is no endpoint',
      from: 'client-2',
      to: vipOf(empty),
      expected: 'drop',
      unless: 'no endpoints before source ranges',
    },
    {
      name: 'with Local policy a source inside a range reaches local endpoints',
      from: 'client-1',
      to: vipOf(local),
      expected: kept('pod-1-1'),
    },
    {
      name: 'with Local policy a source outside the ranges hears nothing',
      from: 'client-2',
      to: vipOf(local),
      expected: 'drop',
    },
  ],
};
