/** Services that are not served, or not at every address that they ask for. */
import { ipsOfHost, listOf } from '../hosts.ts';
import { kept, masqueraded } from '../row.ts';
import { externalIps, makeService, nodePortOf } from '../service.ts';
import { clusterIpOf, externalIpOf, nodePortAt } from '../target.ts';
import type { Topic } from '../topic.ts';

/** Wants addresses of `older`; it is listed first, and yet the newer one. */
export const CONTESTED = makeService({
  number: 81,
  name: 'newer',
  type: 'NodePort',
  endpoints: ['pod-1-2'],
  metadata: { creationTimestamp: '2026-02-01T00:00:00Z' },
  spec: {
    externalIPs: listOf(externalIps(80)),
    ports: [
      { name: 'tcp', protocol: 'TCP', port: 80, nodePort: nodePortOf(80) },
      { name: 'udp', protocol: 'UDP', port: 80, nodePort: nodePortOf(80) },
    ],
  },
});

const older = makeService({
  number: 80,
  name: 'older',
  type: 'NodePort',
  hasExternalIp: true,
  endpoints: ['pod-1-1'],
  metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
});

const otherProxy = makeService({
  number: 82,
  name: 'other-proxy',
  endpoints: ['pod-1-1'],
  metadata: { labels: { 'service.kubernetes.io/service-proxy-name': 'other' } },
});

const singleStack = makeService({
  number: 83,
  name: 'single-stack',
  type: 'NodePort',
  endpoints: ['pod-1-1'],
  families: ['IPv4'],
});

/** Being served, or not. */
export const CLAIMS: Topic = {
  name: 'Services that others get in the way of',
  services: [CONTESTED, older, otherProxy, singleStack],
  servers: [{ host: 'node-1', ips: ipsOfHost('node-1'), port: nodePortOf(singleStack.number) }],
  rows: [
    {
      name: 'of two Services with one external IP the older one has it',
      from: 'client-1',
      to: externalIpOf(older),
      expected: masqueraded('pod-1-1'),
    },
    {
      name: 'of two Services with one node port the older one has it',
      from: 'client-1',
      to: nodePortAt(1, older),
      expected: masqueraded('pod-1-1'),
    },
    {
      name: 'the newer one still has its ClusterIP',
      from: 'pod-1-3',
      to: clusterIpOf(CONTESTED),
      expected: kept('pod-1-2'),
    },
    {
      name: 'a Service for another proxy is not served',
      from: 'pod-1-3',
      to: clusterIpOf(otherProxy),
      expected: 'drop',
      unless: 'unallocated addresses pass',
    },
    {
      name: 'a Service of one family is served in it',
      from: 'client-1',
      to: nodePortAt(1, singleStack),
      expected: masqueraded('pod-1-1'),
      families: ['IPv4'],
    },
    {
      name: 'a Service of one family has no node port in the other',
      from: 'client-1',
      to: nodePortAt(1, singleStack),
      expected: kept(`node-1:${nodePortOf(singleStack.number)}`),
      families: ['IPv6'],
    },
  ],
};
