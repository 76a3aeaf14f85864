import { expect } from 'chai';
import { LOAD_BALANCINGS } from '../../../../rules/services/load-balancing.ts';
import { parseService } from '../../../../rules/services/parse/service.ts';
import type { Service } from '../../../../rules/services/types.ts';
import { externalIp } from '../../../support/addresses.ts';
import { problemsOf, rawService } from '../builders.ts';

const VIP4 = externalIp('IPv4', 1);
const VIP6 = externalIp('IPv6', 1);

/** A Service that is used, with what is wrong in it left out or replaced, and reported. */
interface Row {
  readonly name: string;
  readonly spec?: object;
  readonly rest?: object;
  readonly expected: Partial<Record<keyof Service, unknown>>;
  readonly problems?: readonly string[];
}

describe('parseService, field by field', () => {
  const http = { name: 'http', protocol: 'tcp', port: 80, nodePort: 0 } as const;
  const ports = (...entries: unknown[]): object => ({
    ports: [{ name: 'http', port: 80 }, ...entries],
  });

  table('ports', [
    {
      name: 'may share a name in different protocols',
      spec: ports({ name: 'http', protocol: 'UDP', port: 80 }),
      expected: { ports: [http, { ...http, protocol: 'udp' }] },
    },
    ...[0, 70000, -1, 80.5, '80', null].map((port) => ({
      name: `with the number ${JSON.stringify(port)} are left out`,
      spec: ports({ name: 'bad', port }),
      expected: { ports: [http] },
      problems: [
        `spec.ports[1].port: expected a port number from 1 to 65535, got ${port === null ? 'nothing' : JSON.stringify(port)}`,
      ],
    })),
    {
      name: 'with a protocol that no proxy knows are left out',
      spec: ports({ name: 'bad', port: 81, protocol: 'tcp' }, { port: 82, protocol: 6 }),
      expected: { ports: [http] },
      problems: [
        'spec.ports[1].protocol: expected TCP or UDP or SCTP, got "tcp"',
        'spec.ports[2].protocol: expected TCP or UDP or SCTP, got 6',
      ],
    },
    {
      name: 'with an impossible name are left out',
      spec: ports({ name: 'a"\n}', port: 81 }, { name: 'x'.repeat(64), port: 82 }),
      expected: { ports: [http] },
      problems: [
        'spec.ports[1].name: expected a DNS label (a-z, 0-9 and inner "-", at most 63 characters) or empty text, got "a\\"\\n}"',
        `spec.ports[2].name: expected a DNS label (a-z, 0-9 and inner "-", at most 63 characters) or empty text, got "${'x'.repeat(64)}"`,
      ],
    },
    {
      name: 'are used without an impossible node port',
      spec: { ports: [{ name: 'http', port: 80, nodePort: 65536 }] },
      expected: { ports: [http] },
      problems: ['spec.ports[0].nodePort: expected a port number from 0 to 65535, got 65536'],
    },
    {
      name: 'with a name already taken in their protocol are left out',
      spec: ports({ name: 'http', port: 81 }),
      expected: { ports: [http] },
      problems: [
        'spec.ports[1].name: expected a name of its own among the tcp ports, got "http" again',
      ],
    },
    {
      name: 'without a name can be one a protocol',
      spec: { ports: [{ port: 80 }, { port: 81 }, { port: 80, protocol: 'UDP' }] },
      expected: {
        ports: [
          { ...http, name: '' },
          { ...http, name: '', protocol: 'udp' },
        ],
      },
      problems: [
        'spec.ports[1].name: expected a name of its own among the tcp ports, got "" again',
      ],
    },
    {
      name: 'with a number already taken in their protocol are left out',
      spec: ports({ name: 'web', port: 80 }),
      expected: { ports: [http] },
      problems: [
        'spec.ports[1].port: expected a port of its own among the tcp ports, got 80 again',
      ],
    },
    {
      name: 'that are left out take no name from a later one',
      spec: ports({ name: 'web', port: 80 }, { name: 'web', port: 81 }),
      expected: { ports: [http, { ...http, name: 'web', port: 81 }] },
      problems: [
        'spec.ports[1].port: expected a port of its own among the tcp ports, got 80 again',
      ],
    },
    {
      name: 'that are no mappings are left out',
      spec: ports(81),
      expected: { ports: [http] },
      problems: ['spec.ports[1]: expected a mapping, got 81'],
    },
    {
      name: 'that are missing are reported once',
      spec: { ports: [] },
      expected: { ports: [] },
      problems: ['spec.ports: expected at least one port, got an empty list'],
    },
    {
      name: 'that are no list are reported once',
      spec: { ports: 'http' },
      expected: { ports: [] },
      problems: ['spec.ports: expected a list, got "http"'],
    },
  ]);

  table('external IPs', [
    {
      name: 'are kept once each, in canonical form',
      spec: { externalIPs: [VIP4, '2001:DB8:113:0::1', VIP4] },
      expected: { externalIPs: [VIP4, VIP6] },
    },
    {
      name: 'that are impossible or never leave a host are left out',
      spec: { externalIPs: ['example.org', '127.0.0.1', VIP4] },
      expected: { externalIPs: [VIP4] },
      problems: [
        'spec.externalIPs[0]: expected an IP address, got "example.org"',
        'spec.externalIPs[1]: expected an address that other hosts can reach, got the loopback address 127.0.0.1',
      ],
    },
  ]);

  const ingress = (...entries: object[]): object => ({
    status: { loadBalancer: { ingress: entries } },
  });

  table('load balancer VIPs', [
    {
      name: 'are those whose ipMode is absent or VIP',
      rest: ingress({ ip: VIP4 }, { ip: VIP6, ipMode: 'VIP' }),
      expected: { loadBalancerVIPs: [VIP4, VIP6] },
    },
    {
      name: 'are not those in ipMode Proxy',
      rest: ingress({ ip: VIP4, ipMode: 'Proxy' }, { ip: VIP6 }),
      expected: { loadBalancerVIPs: [VIP6] },
    },
    {
      name: 'are not host names',
      rest: ingress({ hostname: 'lb.example.org' }, { ip: '', hostname: 'lb.example.org' }),
      expected: { loadBalancerVIPs: [] },
    },
    {
      name: 'may be link-local, but not loopback',
      rest: ingress({ ip: '169.254.20.10' }, { ip: '127.0.0.1' }),
      expected: { loadBalancerVIPs: ['169.254.20.10'] },
      problems: [
        'status.loadBalancer.ingress[1].ip: expected an address that other hosts can reach, got the loopback address 127.0.0.1',
      ],
    },
    {
      name: 'in an unknown ipMode are left out',
      rest: ingress({ ip: VIP4, ipMode: 'Magic' }),
      expected: { loadBalancerVIPs: [] },
      problems: ['status.loadBalancer.ingress[0].ipMode: expected VIP or Proxy, got "Magic"'],
    },
  ]);

  const ranges = (...texts: unknown[]): object => ({ loadBalancerSourceRanges: texts });
  const both = ingress({ ip: VIP4 }, { ip: VIP6 });
  const noCidr = 'expected a CIDR such as 10.0.0.0/8 or fd00::/64, got';
  const leftOpen = (index: number, family: string, vip: string): string =>
    `status.loadBalancer.ingress[${index}].ip: expected a valid ${family} range in ` +
    `spec.loadBalancerSourceRanges to guard ${vip}, got none: the address is not served`;

  table('source ranges', [
    {
      name: 'may have spaces around them',
      spec: ranges(' 10.0.0.0/8\t', '\n2001:db8:51::/64 '),
      expected: { sourceRanges: ['10.0.0.0/8', '2001:db8:51::/64'] },
    },
    {
      name: 'lose host bits and overlaps',
      spec: ranges('10.1.0.0/16', '10.2.3.4/8'),
      expected: { sourceRanges: ['10.0.0.0/8'] },
    },
    {
      name: 'of one family leave the VIPs of the other open',
      spec: ranges('10.0.0.0/8'),
      rest: both,
      expected: { loadBalancerVIPs: [VIP4, VIP6] },
    },
    {
      name: 'that cannot be read open no VIP to everybody',
      spec: ranges('10.0.0.0/33'),
      rest: both,
      expected: { sourceRanges: [], loadBalancerVIPs: [] },
      problems: [
        `spec.loadBalancerSourceRanges[0]: ${noCidr} "10.0.0.0/33"`,
        leftOpen(0, 'IPv4', VIP4),
        leftOpen(1, 'IPv6', VIP6),
      ],
    },
    {
      name: 'that can be read still serve the VIPs of their family',
      spec: ranges('10.0.0.0/8', 5),
      rest: both,
      expected: {
        sourceRanges: ['10.0.0.0/8'],
        loadBalancerVIPs: [VIP4],
      },
      problems: [`spec.loadBalancerSourceRanges[1]: ${noCidr} 5`, leftOpen(1, 'IPv6', VIP6)],
    },
    {
      name: 'that are no list open no VIP to everybody',
      spec: { loadBalancerSourceRanges: '10.0.0.0/8' },
      rest: ingress({ ip: VIP4 }),
      expected: { sourceRanges: [], loadBalancerVIPs: [] },
      problems: [
        'spec.loadBalancerSourceRanges: expected a list, got "10.0.0.0/8"',
        leftOpen(0, 'IPv4', VIP4),
      ],
    },
  ]);

  const affinity = (timeoutSeconds?: unknown): object => ({
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds } },
  });

  table('session affinity', [
    { name: 'is none by default', expected: { affinitySeconds: undefined } },
    {
      name: 'lasts three hours when nothing is said',
      spec: { sessionAffinity: 'ClientIP' },
      expected: { affinitySeconds: 10800 },
    },
    {
      name: 'lasts as long as is said',
      spec: affinity(86400),
      expected: { affinitySeconds: 86400 },
    },
    ...[0, 86401, '60'].map((seconds) => ({
      name: `falls back to three hours for ${JSON.stringify(seconds)}`,
      spec: affinity(seconds),
      expected: { affinitySeconds: 10800 },
      problems: [
        `spec.sessionAffinityConfig.clientIP.timeoutSeconds: expected seconds from 1 to 86400, got ${JSON.stringify(seconds)}`,
      ],
    })),
    {
      name: 'of an unknown sort is none',
      spec: { sessionAffinity: 'Cookie' },
      expected: { affinitySeconds: undefined },
      problems: ['spec.sessionAffinity: expected None or ClientIP, got "Cookie"'],
    },
  ]);

  table('type and policies', [
    {
      name: 'fall back to the defaults where unknown',
      spec: { type: 'Loadbalancer', internalTrafficPolicy: 'local', externalTrafficPolicy: 1 },
      expected: { type: 'ClusterIP', internalPolicy: 'Cluster', externalPolicy: 'Cluster' },
      problems: [
        'spec.type: expected ClusterIP or NodePort or LoadBalancer, got "Loadbalancer"',
        'spec.externalTrafficPolicy: expected Cluster or Local, got 1',
        'spec.internalTrafficPolicy: expected Cluster or Local, got "local"',
      ],
    },
  ]);

  const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };

  table('health check node port', [
    {
      name: 'counts for a LoadBalancer with external policy Local',
      spec: { ...local, healthCheckNodePort: 31000 },
      expected: { healthCheckNodePort: 31000 },
    },
    {
      name: 'does not count for external policy Cluster',
      spec: { type: 'LoadBalancer', healthCheckNodePort: 31000 },
      expected: { healthCheckNodePort: 0 },
    },
    {
      name: 'does not count for a NodePort Service',
      spec: { ...local, type: 'NodePort', healthCheckNodePort: 31000 },
      expected: { healthCheckNodePort: 0 },
    },
    ...[0, undefined].map((port) => ({
      name: `is missed where it should be but is ${port ?? 'absent'}`,
      spec: { ...local, healthCheckNodePort: port },
      expected: { healthCheckNodePort: 0 },
      problems: [
        `spec.healthCheckNodePort: expected a port number from 1 to 65535, got ${port ?? 'nothing'}`,
      ],
    })),
  ]);

  const balanced = (loadBalancing: unknown): object => ({
    metadata: { name: 'web', annotations: { 'switchyard.dev/load-balancing': loadBalancing } },
  });

  table('load balancing', [
    ...LOAD_BALANCINGS.map((loadBalancing) => ({
      name: `may be ${loadBalancing}`,
      rest: balanced(loadBalancing),
      expected: { loadBalancing },
    })),
    {
      name: 'is left to the configuration where it is null',
      rest: balanced(null),
      expected: { loadBalancing: undefined },
    },
    ...['RoundRobin', '', 1].map((value) => ({
      name: `of the unknown sort ${JSON.stringify(value)} is left to the configuration`,
      rest: balanced(value),
      expected: { loadBalancing: undefined },
      problems: [
        `metadata.annotations["switchyard.dev/load-balancing"]: expected ${LOAD_BALANCINGS.join(' or ')}, got ${JSON.stringify(value)}`,
      ],
    })),
  ]);

  const withProxyProtocol = (value: unknown): object => ({
    metadata: { name: 'web', annotations: { 'switchyard.dev/proxy-protocol': value } },
  });

  table('PROXY protocol', [
    { name: 'is not spoken unless asked for', rest: {}, expected: { sendsProxyHeader: false } },
    { name: 'may be v2', rest: withProxyProtocol('v2'), expected: { sendsProxyHeader: true } },
    ...['v1', 'V2', '', 2].map((value) => ({
      name: `of the unknown version ${JSON.stringify(value)} is not spoken`,
      rest: withProxyProtocol(value),
      expected: { sendsProxyHeader: false },
      problems: [
        `metadata.annotations["switchyard.dev/proxy-protocol"]: expected v2, got ${JSON.stringify(value)}`,
      ],
    })),
  ]);

  const created = (creationTimestamp: unknown): object => ({
    metadata: { name: 'web', creationTimestamp },
  });

  table('creation time', [
    {
      name: 'may have a fraction and an offset',
      rest: created('2026-01-31T13:00:00.250+01:00'),
      expected: { createdAtMs: Date.UTC(2026, 0, 31, 12, 0, 0, 250) },
    },
    ...['yesterday', '1', '2026-13-01T00:00:00Z', '2026-01-31'].map((text) => ({
      name: `that reads ${text} is as good as none`,
      rest: created(text),
      expected: { createdAtMs: 0 },
      problems: [
        `metadata.creationTimestamp: expected a time such as 2026-01-31T12:00:00Z, got "${text}"`,
      ],
    })),
  ]);
});

function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const { name, spec, rest, expected, problems = [] } of rows) {
      it(name, () => {
        const outcome = parseService(rawService(spec, rest));
        if (outcome.kind !== 'ok') expect.fail(`expected ok, got ${JSON.stringify(outcome)}`);
        for (const [field, value] of Object.entries(expected)) {
          expect(outcome.value[field as keyof Service], field).to.deep.equal(value);
        }
        expect(problemsOf(outcome)).to.deep.equal(problems);
      });
    }
  });
}
