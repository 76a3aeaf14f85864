/** Services that change, and what becomes of the same packets before and after. */
import { hostCidr, type IpFamily } from '../../../../rules/ip.ts';
import { ipsOfHost, listOf } from '../hosts.ts';
import type { Difference } from '../mode.ts';
import { type Expected, kept, masqueraded, type PacketRow } from '../row.ts';
import { externalIps, makeService, nodePortOf, type ServiceOptions } from '../service.ts';
import { clusterIpOf, externalIpOf, nodePortAt, type Target, vipOf } from '../target.ts';
import type { Topic } from '../topic.ts';

/** One Service at two times. */
interface Change {
  readonly name: string;
  /** Its endpoint is pod-1-1, unless it says otherwise. */
  readonly before: Pick<ServiceOptions, 'number'> & Partial<ServiceOptions>;
  /** What is different afterwards; `undefined` when the Service is deleted. */
  readonly after: Partial<ServiceOptions> | undefined;
  readonly rows: readonly ChangingRow[];
}

/** One kind of packet, and what must become of it before and after. */
interface ChangingRow {
  readonly from: string;
  readonly to: Target;
  readonly families?: readonly IpFamily[];
  readonly before: Expected;
  readonly after: Expected;
  /** When it does not hold in modes that differ from nftables mode in some way. */
  readonly unless?: Readonly<Partial<Record<'before' | 'after', Difference>>>;
}

const CHANGES: readonly Change[] = [
  {
    name: 'a Service that becomes an ExternalName is gone',
    before: { number: 1 },
    after: {
      spec: {
        ...{ type: 'ExternalName', externalName: 'elsewhere.example' },
        ...{ clusterIP: undefined, clusterIPs: undefined },
      },
    },
    rows: [atClusterIp(1, kept('pod-1-1'), 'drop')],
  },
  {
    name: 'a Service that becomes headless is gone',
    before: { number: 2 },
    after: { spec: { clusterIP: 'None', clusterIPs: ['None'] } },
    rows: [atClusterIp(2, kept('pod-1-1'), 'drop')],
  },
  {
    name: 'a Service that is handed to another proxy is gone',
    before: { number: 3 },
    after: { metadata: { labels: { 'service.kubernetes.io/service-proxy-name': 'other' } } },
    rows: [atClusterIp(3, kept('pod-1-1'), 'drop')],
  },
  {
    name: 'a Service that loses a family is gone in that one only',
    before: { number: 4 },
    after: { families: ['IPv4'] },
    rows: [
      { ...atClusterIp(4, kept('pod-1-1'), 'drop'), families: ['IPv6'] },
      { ...atClusterIp(4, kept('pod-1-1'), kept('pod-1-1')), families: ['IPv4'] },
    ],
  },
  {
    name: 'a Service that is deleted leaves ClusterIP and node port',
    before: { number: 5, type: 'NodePort' },
    after: undefined,
    rows: [
      atClusterIp(5, kept('pod-1-1'), 'drop'),
      atNodePort(5, masqueraded('pod-1-1'), kept(`node-1:${nodePortOf(5)}`)),
    ],
  },
  {
    name: 'a Service that is no longer a NodePort leaves the node port only',
    before: { number: 6, type: 'NodePort' },
    after: { type: 'ClusterIP' },
    rows: [
      atClusterIp(6, kept('pod-1-1'), kept('pod-1-1')),
      atNodePort(6, masqueraded('pod-1-1'), kept(`node-1:${nodePortOf(6)}`)),
    ],
  },
  {
    name: 'a Service that gets its first endpoint refuses no longer',
    before: { number: 7, endpoints: [] },
    after: { endpoints: ['pod-1-1'] },
    rows: [atClusterIp(7, 'reject', kept('pod-1-1'))],
  },
  {
    name: 'a Service that loses its last endpoint refuses',
    before: { number: 8 },
    after: { endpoints: [] },
    rows: [atClusterIp(8, kept('pod-1-1'), 'reject')],
  },
  {
    name: 'a Service with another endpoint leads there only',
    before: { number: 9 },
    after: { endpoints: ['pod-1-3'] },
    rows: [atClusterIp(9, kept('pod-1-1'), kept('pod-1-3'))],
  },
  {
    name: 'a Service with another port refuses at the old one',
    before: { number: 10 },
    after: {
      ports: [
        { name: 'tcp', protocol: 'TCP', port: 81 },
        { name: 'udp', protocol: 'UDP', port: 81 },
      ],
    },
    rows: [
      { ...atClusterIp(10, kept('pod-1-1'), 'reject', 80), unless: { after: 'unused ports pass' } },
      {
        ...atClusterIp(10, 'reject', kept('pod-1-1'), 81),
        unless: { before: 'unused ports pass' },
      },
    ],
  },
  {
    name: 'an older Service that is deleted leaves its external IP to the next one',
    before: {
      number: 11,
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: { externalIPs: listOf(externalIps(12)) },
    },
    after: undefined,
    rows: [],
  },
  {
    name: 'a Service takes over the external IP of an older one that is deleted',
    before: { number: 12, hasExternalIp: true, endpoints: ['pod-1-3'] },
    after: {},
    rows: [
      {
        from: 'client-1',
        to: externalIpOf({ number: 12 }),
        before: masqueraded('pod-1-1'),
        after: masqueraded('pod-1-3'),
      },
    ],
  },
  {
    name: 'a Service whose external traffic policy becomes Local keeps sources from then on',
    before: { number: 13, type: 'LoadBalancer' },
    after: { spec: { externalTrafficPolicy: 'Local' } },
    rows: [atVip(13, masqueraded('pod-1-1'), kept('pod-1-1'))],
  },
  {
    name: 'a Service that gets source ranges shuts others out',
    before: { number: 14, type: 'LoadBalancer' },
    after: { spec: { loadBalancerSourceRanges: listOf(ipsOfHost('client-2')).map(hostCidr) } },
    rows: [atVip(14, masqueraded('pod-1-1'), 'drop')],
  },
];

/** The node serves the node ports itself that it is going to lose. */
const SERVERS = [5, 6].map((number) => {
  return { host: 'node-1', ips: ipsOfHost('node-1'), port: nodePortOf(number) };
});

/** The Services as they are at first. */
export const BEFORE: Topic = {
  name: 'Services that are going to change',
  services: CHANGES.map(({ before }) => serviceOf(before)),
  servers: SERVERS,
  rows: rowsAt('before'),
};

/** The Services as they are afterwards. */
export const AFTER: Topic = {
  name: 'Services that have changed',
  services: CHANGES.flatMap(({ before, after }) => {
    return after === undefined ? [] : [serviceOf({ ...before, ...after })];
  }),
  rows: rowsAt('after'),
};

// --- internal ---

function atClusterIp(
  number: number,
  before: Expected,
  after: Expected,
  port?: number,
): ChangingRow {
  return { from: 'pod-1-2', to: clusterIpOf({ number }, port), before, after };
}

function atNodePort(number: number, before: Expected, after: Expected): ChangingRow {
  return { from: 'client-1', to: nodePortAt(1, { number }), before, after };
}

function atVip(number: number, before: Expected, after: Expected): ChangingRow {
  return { from: 'client-1', to: vipOf({ number }), before, after };
}

function serviceOf(options: Change['before']): Topic['services'][number] {
  return makeService({ name: `service-${options.number}`, endpoints: ['pod-1-1'], ...options });
}

function rowsAt(time: 'before' | 'after'): PacketRow[] {
  return CHANGES.flatMap(({ name, rows }) =>
    rows.map(({ from, to, families, unless, ...expected }, index) => ({
      name: rows.length === 1 ? name : `${name} (${index + 1} of ${rows.length})`,
      from,
      to,
      ...(families !== undefined && { families }),
      ...(unless?.[time] !== undefined && { unless: unless[time] }),
      expected: expected[time],
    })),
  );
}
