/**
 * Node ports at the node's primary address, the default. The node itself serves the same ports:
 * whoever is answered by the node met no node port there.
 */
import { gatewayIps, ipsOfHost, LOCALHOST } from '../hosts.ts';
import { kept, masqueraded } from '../row.ts';
import { makeService, nodePortOf } from '../service.ts';
import { nodePortAt, nodePortAtIps } from '../target.ts';
import type { Topic } from '../topic.ts';

const web = makeService({
  number: 20,
  name: 'np-web',
  type: 'NodePort',
  endpoints: ['pod-1-1', 'pod-2-1'],
});

const empty = makeService({ number: 21, name: 'np-empty', type: 'NodePort', endpoints: [] });

const local = makeService({
  number: 22,
  name: 'np-local',
  type: 'NodePort',
  endpoints: ['pod-1-1', 'pod-2-1'],
  spec: { externalTrafficPolicy: 'Local' },
});

const localElsewhere = makeService({
  number: 23,
  name: 'np-local-elsewhere',
  type: 'NodePort',
  endpoints: ['pod-2-1'],
  spec: { externalTrafficPolicy: 'Local' },
});

/** Who else serves the node ports of these Services. */
const OTHER_SERVERS = [
  { service: web, ips: ipsOfHost('node-1') },
  { service: web, ips: gatewayIps(1) },
  { service: web, ips: LOCALHOST },
  { service: empty, ips: ipsOfHost('node-1') },
  { service: localElsewhere, ips: ipsOfHost('node-1') },
];

/** Reaching a node port. */
export const NODE_PORTS: Topic = {
  name: 'node ports',
  services: [web, empty, local, localElsewhere],
  servers: OTHER_SERVERS.map(({ service, ips }) => {
    return { host: 'node-1', ips, port: nodePortOf(service.number) };
  }),
  rows: [
    {
      name: 'a client outside reaches every endpoint, masqueraded',
      from: 'client-1',
      to: nodePortAt(1, web),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'a client outside reaches every endpoint through another node, masqueraded by that one',
      from: 'client-1',
      to: nodePortAt(2, web),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'a pod reaches every endpoint, masqueraded',
      from: 'pod-1-3',
      to: nodePortAt(1, web),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'a pod reaches the node port of another node, masqueraded by that one',
      from: 'pod-2-3',
      to: nodePortAt(1, web),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'a node reaches its own node port, masqueraded',
      from: 'node-1',
      to: nodePortAt(1, web),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'a node reaches the node port of another node, masqueraded by that one',
      from: 'node-1',
      to: nodePortAt(2, web),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'an address of the node that is not its primary one has no node ports',
      from: 'pod-1-3',
      to: nodePortAtIps(gatewayIps(1), web),
      expected: kept(`node-1:${nodePortOf(web.number)}`),
      unless: 'node ports everywhere by default',
    },
    {
      name: 'localhost has no node ports',
      from: 'node-1',
      to: nodePortAtIps(LOCALHOST, web),
      expected: kept(`node-1:${nodePortOf(web.number)}`),
      unless: 'node ports at localhost',
    },
    {
      name: 'localhost has node ports over IPv4',
      from: 'node-1',
      to: nodePortAtIps(LOCALHOST, web),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
      families: ['IPv4'],
      needs: 'node ports at localhost',
    },
    {
      name: 'localhost has no node ports over IPv6',
      from: 'node-1',
      to: nodePortAtIps(LOCALHOST, web),
      expected: kept(`node-1:${nodePortOf(web.number)}`),
      families: ['IPv6'],
      needs: 'node ports at localhost',
    },
    ...['client-1', 'pod-1-3', 'node-1'].map((from) => ({
      name: `${from} is refused where there is no endpoint, even if the node itself listens there`,
      from,
      to: nodePortAt(1, empty),
      expected: 'reject' as const,
    })),
    {
      name: 'with Local policy a client outside reaches only local endpoints, with its own address',
      from: 'client-1',
      to: nodePortAt(1, local),
      expected: kept('pod-1-1'),
    },
    {
      name: 'with Local policy a client outside reaches only those of another node through that one',
      from: 'client-1',
      to: nodePortAt(2, local),
      expected: kept('pod-2-1'),
    },
    {
      name: 'with Local policy a pod reaches endpoints anywhere, with its own address',
      from: 'pod-1-3',
      to: nodePortAt(1, local),
      expected: kept('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'with Local policy a node reaches endpoints anywhere, masqueraded',
      from: 'node-1',
      to: nodePortAt(1, local),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'with Local policy and no local endpoint a client outside hears nothing',
      from: 'client-1',
      to: nodePortAt(1, localElsewhere),
      expected: 'drop',
    },
    {
      name: 'with Local policy and no local endpoint a pod still reaches those elsewhere',
      from: 'pod-1-3',
      to: nodePortAt(1, localElsewhere),
      expected: kept('pod-2-1'),
    },
    {
      name: 'with Local policy and no local endpoint a node still reaches those elsewhere',
      from: 'node-1',
      to: nodePortAt(1, localElsewhere),
      expected: masqueraded('pod-2-1'),
    },
  ],
};
