/** Load balancer addresses, VIPs: both policies, and addresses that are not for the nodes to serve. */
import { listOf } from '../hosts.ts';
import { kept, masqueraded } from '../row.ts';
import { makeService, SERVICE_PORT, vips } from '../service.ts';
import { clusterIpOf, nodePortAt, vipOf } from '../target.ts';
import type { Topic } from '../topic.ts';

const web = makeService({
  number: 40,
  name: 'lb-web',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1', 'pod-2-1'],
});

const empty = makeService({ number: 41, name: 'lb-empty', type: 'LoadBalancer', endpoints: [] });

const local = makeService({
  number: 42,
  name: 'lb-local',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1', 'pod-1-2', 'pod-2-1'],
  spec: { externalTrafficPolicy: 'Local' },
});

const localElsewhere = makeService({
  number: 43,
  name: 'lb-local-elsewhere',
  type: 'LoadBalancer',
  endpoints: ['pod-2-1'],
  spec: { externalTrafficPolicy: 'Local' },
});

/** An ingress controller in the network of its node, as many are. */
const hostLocal = makeService({
  number: 45,
  name: 'lb-host-local',
  type: 'LoadBalancer',
  endpoints: ['node-1', 'node-2'],
  spec: { externalTrafficPolicy: 'Local' },
});

/** Its address belongs to a load balancer that proxies: here client-2, see `OUTSIDE_BALANCER`. */
const proxied = makeService({
  number: 44,
  name: 'lb-proxied',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1'],
  status: {
    loadBalancer: { ingress: listOf(vips(44)).map((ip) => ({ ip, ipMode: 'Proxy' })) },
  },
});

const OUTSIDE_BALANCER = { host: 'client-2', ips: vips(proxied.number) };

/** Reaching a VIP. */
export const LOAD_BALANCERS: Topic = {
  name: 'load balancer addresses',
  services: [web, empty, local, localElsewhere, hostLocal, proxied],
  extraIps: [OUTSIDE_BALANCER],
  servers: [{ ...OUTSIDE_BALANCER, port: SERVICE_PORT }],
  rows: [
    ...['client-1', 'pod-1-3', 'node-1'].map((from) => ({
      name: `${from} reaches every endpoint, masqueraded`,
      from,
      to: vipOf(web),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    })),
    {
      name: 'the node port of a LoadBalancer is served too',
      from: 'client-1',
      to: nodePortAt(1, web),
      expected: masqueraded('pod-1-1', 'pod-2-1'),
    },
    {
      name: 'the ClusterIP of a LoadBalancer is served as any other',
      from: 'pod-1-3',
      to: clusterIpOf(web),
      expected: kept('pod-1-1', 'pod-2-1'),
    },
    ...['client-1', 'pod-1-3', 'node-1'].map((from) => ({
      name: `${from} is refused where there is no endpoint`,
      from,
      to: vipOf(empty),
      expected: 'reject' as const,
    })),
    {
      name: 'with Local policy a client outside reaches every local endpoint, with its own address',
      from: 'client-1',
      to: vipOf(local),
      expected: kept('pod-1-1', 'pod-1-2'),
    },
    {
      name: 'with Local policy a pod reaches endpoints anywhere, with its own address',
      from: 'pod-1-3',
      to: vipOf(local),
      expected: kept('pod-1-1', 'pod-1-2', 'pod-2-1'),
    },
    {
      name: 'with Local policy a pod that is sent to itself is masqueraded',
      from: 'pod-2-1',
      to: vipOf(localElsewhere),
      expected: masqueraded('pod-2-1'),
    },
    {
      name: 'with Local policy a node reaches endpoints anywhere, masqueraded',
      from: 'node-1',
      to: vipOf(local),
      expected: masqueraded('pod-1-1', 'pod-1-2', 'pod-2-1'),
    },
    {
      name: 'external Local policy leaves the ClusterIP alone',
      from: 'client-1',
      to: clusterIpOf(local),
      expected: masqueraded('pod-1-1', 'pod-1-2', 'pod-2-1'),
    },
    {
      name: 'with Local policy and no local endpoint a client outside hears nothing',
      from: 'client-1',
      to: vipOf(localElsewhere),
      expected: 'drop',
    },
    {
      name: 'with Local policy and no local endpoint a pod still reaches those elsewhere',
      from: 'pod-1-3',
      to: vipOf(localElsewhere),
      expected: kept('pod-2-1'),
    },
    {
      name: 'with Local policy and no local endpoint a node still reaches those elsewhere',
      from: 'node-1',
      to: vipOf(localElsewhere),
      expected: masqueraded('pod-2-1'),
    },
    {
      name: 'with Local policy a client outside reaches an endpoint that is the node',
      from: 'client-1',
      to: vipOf(hostLocal),
      expected: kept('node-1'),
    },
    {
      name: 'an address with ipMode Proxy is left to the load balancer that has it',
      from: 'node-1',
      to: vipOf(proxied),
      expected: kept(`client-2:${SERVICE_PORT}`),
    },
    {
      name: 'the node port behind a load balancer that proxies is served',
      from: 'client-2',
      to: nodePortAt(1, proxied),
      expected: masqueraded('pod-1-1'),
    },
  ],
};
