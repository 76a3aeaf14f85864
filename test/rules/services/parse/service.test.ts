import { expect } from 'chai';
import { parseService } from '../../../../rules/services/parse/service.ts';
import { clusterIp, externalIp } from '../../../support/addresses.ts';
import { makeService, parsedService, problemsOf, rawService } from '../builders.ts';

const IPV4 = clusterIp('IPv4', 1);
const IPV6 = clusterIp('IPv6', 1);

describe('parseService', () => {
  it('slims a Service to what a proxy needs, defaults filled in', () => {
    expect(parsedService(rawService())).to.deep.equal(makeService({ createdAtMs: 0 }));
  });

  it('reads every field', () => {
    const raw = {
      metadata: {
        namespace: 'shop',
        name: 'web',
        creationTimestamp: '2026-01-31T12:00:00Z',
        labels: { app: 'web' },
        annotations: { 'switchyard.dev/load-balancing': 'least-connections' },
        uid: 'not read',
      },
      spec: {
        type: 'LoadBalancer',
        clusterIP: IPV4,
        clusterIPs: [IPV4, IPV6],
        ipFamilies: ['IPv4', 'IPv6'],
        ports: [
          { name: 'http', port: 80, nodePort: 30080, targetPort: 'web', appProtocol: 'http' },
          { name: 'dns', protocol: 'UDP', port: 53 },
          { name: 'sig', protocol: 'SCTP', port: 132, nodePort: 30132 },
        ],
        externalIPs: [externalIp('IPv4', 1), externalIp('IPv6', 1)],
        loadBalancerSourceRanges: ['198.51.100.0/24'],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
        internalTrafficPolicy: 'Local',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 31000,
      },
      status: { loadBalancer: { ingress: [{ ip: externalIp('IPv4', 9) }] } },
    };
    expect(parsedService(raw)).to.deep.equal({
      namespace: 'shop',
      name: 'web',
      createdAtMs: Date.UTC(2026, 0, 31, 12),
      type: 'LoadBalancer',
      clusterIPs: [IPV4, IPV6],
      ports: [
        { name: 'http', protocol: 'tcp', port: 80, nodePort: 30080 },
        { name: 'dns', protocol: 'udp', port: 53, nodePort: 0 },
        { name: 'sig', protocol: 'sctp', port: 132, nodePort: 30132 },
      ],
      externalIPs: [externalIp('IPv4', 1), externalIp('IPv6', 1)],
      loadBalancerVIPs: [externalIp('IPv4', 9)],
      sourceRanges: ['198.51.100.0/24'],
      affinitySeconds: 60,
      internalPolicy: 'Local',
      externalPolicy: 'Local',
      healthCheckNodePort: 31000,
      loadBalancing: 'least-connections',
      sendsProxyHeader: false,
    });
  });

  it('takes null for absent, as the API does', () => {
    const spec = {
      type: null,
      clusterIPs: null,
      ipFamilies: null,
      externalIPs: null,
      sessionAffinity: null,
      ports: [{ name: null, protocol: null, port: 80, nodePort: null }],
    };
    const raw = rawService(spec, {
      metadata: { name: 'web', namespace: null, creationTimestamp: null, labels: null },
      status: null,
    });
    const port = { name: '', protocol: 'tcp', port: 80, nodePort: 0 } as const;
    expect(parsedService(raw)).to.deep.equal(makeService({ createdAtMs: 0, ports: [port] }));
  });

  describe('is ignored', () => {
    const rows: { name: string; raw: object; reason: string }[] = [
      {
        name: 'when another proxy is named',
        raw: rawService({}, labelled({ 'service.kubernetes.io/service-proxy-name': '' })),
        reason: 'label service.kubernetes.io/service-proxy-name is set',
      },
      {
        name: 'with the headless label',
        raw: rawService({}, labelled({ 'service.kubernetes.io/headless': '' })),
        reason: 'label service.kubernetes.io/headless is set',
      },
      { name: 'when headless', raw: rawService({ clusterIP: 'None' }), reason: 'headless' },
      {
        name: 'when headless in clusterIPs only',
        raw: rawService({ clusterIP: undefined, clusterIPs: ['None'] }),
        reason: 'headless',
      },
      {
        name: 'as an ExternalName, whatever its clusterIP',
        raw: rawService({ type: 'ExternalName', externalName: 'example.org' }),
        reason: 'type is ExternalName',
      },
      { name: 'without a clusterIP', raw: rawService({ clusterIP: '' }), reason: 'no clusterIP' },
      { name: 'without a spec', raw: { metadata: { name: 'web' } }, reason: 'no clusterIP' },
    ];
    for (const { name, raw, reason } of rows) {
      it(name, () => {
        expect(parseService(raw)).to.deep.equal({ kind: 'ignored', reason });
      });
    }
  });

  describe('is refused', () => {
    const label = 'a DNS label (a-z, 0-9 and inner "-", at most 63 characters)';
    const named = (name: unknown): object => rawService({}, { metadata: { name } });
    const rows: { name: string; raw: unknown; problems: string[] }[] = [
      {
        name: 'when it is no mapping',
        raw: 'web',
        problems: [
          ': expected a mapping, got "web"',
          `metadata.name: expected ${label}, got nothing`,
        ],
      },
      {
        name: 'without metadata',
        raw: rawService({}, { metadata: undefined }),
        problems: [`metadata.name: expected ${label}, got nothing`],
      },
      {
        name: 'with a number for a name',
        raw: named(5),
        problems: [`metadata.name: expected ${label}, got 5`],
      },
      {
        name: 'with capitals in its name',
        raw: named('Web'),
        problems: [`metadata.name: expected ${label}, got "Web"`],
      },
      {
        name: 'with 300 characters of name',
        raw: named('x'.repeat(300)),
        problems: [`metadata.name: expected ${label}, got "${'x'.repeat(40)}..." (300 characters)`],
      },
      {
        name: 'with quotes, newlines and braces in its name',
        raw: named('a" }\nadd rule'),
        problems: [`metadata.name: expected ${label}, got "a\\" }\\nadd rule"`],
      },
      {
        name: 'with an impossible namespace',
        raw: rawService({}, { metadata: { namespace: 'a/b', name: 'web' } }),
        problems: [`metadata.namespace: expected ${label}, got "a/b"`],
      },
      {
        name: 'with an impossible clusterIP',
        raw: rawService({ clusterIP: '10.96.0.256' }),
        problems: ['spec.clusterIP: expected an IP address, got "10.96.0.256"'],
      },
      {
        name: 'with a number for a clusterIP',
        raw: rawService({ clusterIP: 5 }),
        problems: ['spec.clusterIP: expected an IP address, got 5'],
      },
      {
        name: 'with text for a spec',
        raw: rawService({}, { spec: 'x' }),
        problems: ['spec: expected a mapping, got "x"'],
      },
      {
        name: 'with text for labels, which might say that it is not ours',
        raw: rawService({}, { metadata: { name: 'web', labels: 'x' } }),
        problems: ['metadata.labels: expected a mapping, got "x"'],
      },
    ];
    for (const { name, raw, problems } of rows) {
      it(name, () => {
        const outcome = parseService(raw);
        expect(outcome.kind).to.equal('refused');
        expect(problemsOf(outcome)).to.deep.equal(problems);
      });
    }

    for (const [sort, ip] of [
      ['unspecified', '0.0.0.0'],
      ['unspecified', '::'],
      ['loopback', '127.0.0.1'],
      ['loopback', '::1'],
      ['link-local', '169.254.1.1'],
      ['link-local', 'fe80::1'],
      ['multicast', '224.0.0.1'],
      ['multicast', '239.1.1.1'],
      ['multicast', 'ff02::1'],
    ] as const) {
      it(`with the ${sort} clusterIP ${ip}`, () => {
        const outcome = parseService(rawService({ clusterIP: ip }));
        const wanted = 'an address that other hosts can reach';
        expect(outcome.kind).to.equal('refused');
        expect(problemsOf(outcome)).to.deep.equal([
          `spec.clusterIP: expected ${wanted}, got the ${sort} address ${ip}`,
        ]);
      });
    }
  });

  it('names the object in its problems, even without a name', () => {
    const outcome = parseService({ kind: 'Service', metadata: { namespace: 'shop' } });
    if (outcome.kind !== 'refused') expect.fail(outcome.kind);
    expect(outcome.problems.map(({ object }) => object)).to.deep.equal(['Service shop/(no name)']);
  });

  describe('clusterIPs', () => {
    const rows: { name: string; spec: object; clusterIPs: string[]; problems: string[] }[] = [
      {
        name: 'come from clusterIPs',
        spec: { clusterIPs: [IPV6, IPV4], ipFamilies: ['IPv6', 'IPv4'] },
        clusterIPs: [IPV6, IPV4],
        problems: [],
      },
      {
        name: 'speak for themselves without ipFamilies',
        spec: { clusterIPs: [IPV4, IPV6] },
        clusterIPs: [IPV4, IPV6],
        problems: [],
      },
      {
        name: 'come from clusterIP when there are no clusterIPs',
        spec: { clusterIP: IPV6, clusterIPs: [] },
        clusterIPs: [IPV6],
        problems: [],
      },
      {
        name: 'must be of the family at the same place',
        spec: { clusterIPs: [IPV4, IPV6], ipFamilies: ['IPv4'] },
        clusterIPs: [IPV4],
        problems: [
          `spec.clusterIPs[1]: expected an address of spec.ipFamilies[1], nothing, got ${IPV6}`,
        ],
      },
      {
        name: 'are one a family',
        spec: { clusterIPs: [IPV4, clusterIp('IPv4', 2)] },
        clusterIPs: [IPV4],
        problems: [
          `spec.clusterIPs[1]: expected one address a family, got ${clusterIp('IPv4', 2)}, a second IPv4 one`,
        ],
      },
      {
        name: 'are used without the impossible one',
        spec: { clusterIPs: [IPV4, 'fd00::g'] },
        clusterIPs: [IPV4],
        problems: ['spec.clusterIPs[1]: expected an IP address, got "fd00::g"'],
      },
      {
        name: 'in IPv4-mapped form are IPv4',
        spec: { clusterIP: `::ffff:${IPV4}` },
        clusterIPs: [IPV4],
        problems: [],
      },
    ];
    for (const { name, spec, clusterIPs, problems } of rows) {
      it(name, () => {
        const outcome = parseService(rawService(spec));
        expect(outcome.kind === 'ok' && outcome.value.clusterIPs).to.deep.equal(clusterIPs);
        expect(problemsOf(outcome)).to.deep.equal(problems);
      });
    }
  });
});

function labelled(labels: object): object {
  return { metadata: { namespace: 'default', name: 'web', labels } };
}
