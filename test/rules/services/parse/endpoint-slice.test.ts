import { expect } from 'chai';
import { parseEndpointSlice } from '../../../../rules/services/parse/endpoint-slice.ts';
import type { SliceEndpoint } from '../../../../rules/services/types.ts';
import { podIp } from '../../../support/addresses.ts';
import {
  makeSlice,
  makeSliceEndpoint,
  parsedSlice,
  problemsOf,
  rawEndpoint,
  rawSlice,
} from '../builders.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';

describe('parseEndpointSlice', () => {
  it('slims a slice to what a proxy needs, conditions defaulted', () => {
    expect(parsedSlice(rawSlice())).to.deep.equal(makeSlice());
  });

  it('takes null for absent, as the API does', () => {
    const nothing = { conditions: null, hints: null, nodeName: null, zone: null };
    const raw = rawSlice({
      ports: [{ name: null, protocol: null, port: 8080 }],
      endpoints: [rawEndpoint(nothing), rawEndpoint({ conditions: { ready: null }, hints: {} })],
    });
    expect(parsedSlice(raw)).to.deep.equal(
      makeSlice({
        ports: [{ name: '', protocol: 'tcp', port: 8080 }],
        endpoints: [makeSliceEndpoint({ nodeName: '' }), makeSliceEndpoint()],
      }),
    );
    const empty = makeSlice({ ports: [], endpoints: [] });
    expect(parsedSlice(rawSlice({ ports: null, endpoints: null }))).to.deep.equal(empty);
  });

  it('reads slices of terminating and not ready endpoints as they are', () => {
    const conditions = { ready: false, serving: true, terminating: true };
    const [endpoint] = parsedSlice(
      rawSlice({ endpoints: [rawEndpoint({ conditions })] }),
    ).endpoints;
    expect(endpoint).to.deep.equal(makeSliceEndpoint(conditions));
  });

  it('believes a slice that an unready pod is ready, as publishNotReadyAddresses has it', () => {
    const conditions = { ready: true, serving: false, terminating: true };
    const [endpoint] = parsedSlice(
      rawSlice({ endpoints: [rawEndpoint({ conditions })] }),
    ).endpoints;
    expect(endpoint).to.deep.equal(makeSliceEndpoint(conditions));
  });

  it('does not let serving follow ready when absent', () => {
    const raw = rawSlice({ endpoints: [rawEndpoint({ conditions: { ready: false } })] });
    expect(parsedSlice(raw).endpoints).to.deep.equal([makeSliceEndpoint({ ready: false })]);
  });

  it('reads hints as sorted sets of names', () => {
    const hints = {
      forZones: [{ name: 'b' }, { name: 'a' }, { name: 'b' }, { name: '' }, {}],
      forNodes: [{ name: 'node-2' }, { name: 'node-1' }],
    };
    const [endpoint] = parsedSlice(rawSlice({ endpoints: [rawEndpoint({ hints })] })).endpoints;
    expect(endpoint?.zoneHints).to.deep.equal(['a', 'b']);
    expect(endpoint?.nodeHints).to.deep.equal(['node-1', 'node-2']);
  });

  it('uses only the first address of an endpoint', () => {
    const addresses = [podIp('IPv4', 1, 1), podIp('IPv4', 1, 2)];
    const { endpoints } = parsedSlice(rawSlice({ endpoints: [rawEndpoint({ addresses })] }));
    expect(endpoints).to.deep.equal([makeSliceEndpoint()]);
  });

  it('forgives leading zeros and IPv4-mapped notation in addresses', () => {
    const endpoints = [
      rawEndpoint({ addresses: ['010.244.001.002'] }),
      rawEndpoint({ addresses: ['::ffff:10.244.1.2'] }),
    ];
    const { endpoints: read } = parsedSlice(rawSlice({ endpoints }));
    expect(read.map(({ ip }) => ip)).to.deep.equal([podIp('IPv4', 1, 1), podIp('IPv4', 1, 1)]);
  });

  it('leaves out ports without a number, which mean all ports', () => {
    const ports = [{ name: 'any' }, { name: 'zero', port: 0 }, { name: 'http', port: 8080 }];
    expect(parsedSlice(rawSlice({ ports }))).to.deep.equal(makeSlice());
  });

  it('is not put off by the label of another proxy, which counts on Services only', () => {
    const labels = { [SERVICE_NAME]: 'web', 'service.kubernetes.io/service-proxy-name': 'x' };
    const metadata = { namespace: 'default', name: 'web-1', labels };
    expect(parsedSlice(rawSlice({ metadata }))).to.deep.equal(makeSlice());
  });

  describe('is ignored', () => {
    const rows: { name: string; raw: object; reason: string }[] = [
      {
        name: 'with the headless label',
        raw: labelled({ [SERVICE_NAME]: 'web', 'service.kubernetes.io/headless': '' }),
        reason: 'label service.kubernetes.io/headless is set',
      },
      {
        name: 'when it holds host names',
        raw: rawSlice({ addressType: 'FQDN' }),
        reason: 'addressType is FQDN',
      },
      { name: 'without labels', raw: labelled(undefined), reason: `no label ${SERVICE_NAME}` },
      {
        name: 'with an empty Service name',
        raw: labelled({ [SERVICE_NAME]: '' }),
        reason: `no label ${SERVICE_NAME}`,
      },
    ];
    for (const { name, raw, reason } of rows) {
      it(name, () => {
        expect(parseEndpointSlice(raw)).to.deep.equal({ kind: 'ignored', reason });
      });
    }
  });

  describe('is refused', () => {
    const label = 'a DNS label (a-z, 0-9 and inner "-", at most 63 characters)';
    const dnsName =
      'a DNS name (labels of a-z, 0-9 and inner "-" joined by ".", at most 253 characters)';
    const rows: { name: string; raw: object; problem: string }[] = [
      {
        name: 'without a name',
        raw: rawSlice({ metadata: {} }),
        problem: `metadata.name: expected ${dnsName}, got nothing`,
      },
      {
        name: 'with 300 characters of name',
        raw: rawSlice({ metadata: { name: 'x'.repeat(300) } }),
        problem: `metadata.name: expected ${dnsName}, got "${'x'.repeat(40)}..." (300 characters)`,
      },
      {
        name: 'with an impossible namespace',
        raw: rawSlice({ metadata: { namespace: 'a.b', name: 'web-1' } }),
        problem: `metadata.namespace: expected ${label}, got "a.b"`,
      },
      {
        name: 'with an impossible Service name',
        raw: labelled({ [SERVICE_NAME]: 'we"b' }),
        problem: `metadata.labels["${SERVICE_NAME}"]: expected ${label}, got "we\\"b"`,
      },
      {
        name: 'with text for labels, which might name its Service',
        raw: rawSlice({ metadata: { name: 'web-1', labels: 'web' } }),
        problem: 'metadata.labels: expected a mapping, got "web"',
      },
      {
        name: 'with an unknown address type',
        raw: rawSlice({ addressType: 'ipv4' }),
        problem: 'addressType: expected IPv4 or IPv6, got "ipv4"',
      },
      {
        name: 'without an address type',
        raw: rawSlice({ addressType: undefined }),
        problem: 'addressType: expected IPv4 or IPv6, got nothing',
      },
    ];
    for (const { name, raw, problem } of rows) {
      it(name, () => {
        const outcome = parseEndpointSlice(raw);
        expect(outcome.kind).to.equal('refused');
        expect(problemsOf(outcome)).to.deep.equal([problem]);
      });
    }
  });

  describe('reports and leaves out', () => {
    const rows: { name: string; endpoint: unknown; problem: string }[] = [
      {
        name: 'an address of the other family',
        endpoint: rawEndpoint({ addresses: [podIp('IPv6', 1, 2)] }),
        problem: `endpoints[1].addresses[0]: expected an IPv4 address as addressType says, got ${podIp('IPv6', 1, 2)}`,
      },
      {
        name: 'an impossible address',
        endpoint: rawEndpoint({ addresses: ['10.244.1.300'] }),
        problem: 'endpoints[1].addresses[0]: expected an IP address, got "10.244.1.300"',
      },
      {
        name: 'an endpoint without an address',
        endpoint: rawEndpoint({ addresses: [] }),
        problem: 'endpoints[1].addresses[0]: expected an IP address, got nothing',
      },
      ...[
        '127.0.0.1 loopback',
        '0.0.0.0 unspecified',
        '169.254.1.1 link-local',
        '224.0.0.1 multicast',
      ]
        .map((row) => row.split(' '))
        .map(([ip, sort]) => ({
          name: `the ${sort ?? ''} address ${ip ?? ''}`,
          endpoint: rawEndpoint({ addresses: [ip] }),
          problem: `endpoints[1].addresses[0]: expected an address that other hosts can reach, got the ${sort ?? ''} address ${ip ?? ''}`,
        })),
      {
        name: 'an endpoint that is no mapping',
        endpoint: '10.244.1.3',
        problem: 'endpoints[1]: expected a mapping, got "10.244.1.3"',
      },
    ];
    for (const { name, endpoint, problem } of rows) {
      it(name, () => {
        const outcome = parseEndpointSlice(rawSlice({ endpoints: [rawEndpoint(), endpoint] }));
        expect(outcome.kind === 'ok' && outcome.value).to.deep.equal(makeSlice());
        expect(problemsOf(outcome)).to.deep.equal([problem]);
      });
    }

    const ports: { name: string; port: unknown; problem: string }[] = [
      {
        name: 'a port out of range',
        port: { name: 'bad', port: 65536 },
        problem: 'ports[1].port: expected a port number from 0 to 65535, got 65536',
      },
      {
        name: 'a port with an unknown protocol',
        port: { name: 'bad', port: 81, protocol: 'ICMP' },
        problem: 'ports[1].protocol: expected TCP or UDP or SCTP, got "ICMP"',
      },
      {
        name: 'a port with an impossible name',
        port: { name: 'b d', port: 81 },
        problem:
          'ports[1].name: expected a DNS label (a-z, 0-9 and inner "-", at most 63 characters) or empty text, got "b d"',
      },
    ];
    for (const { name, port, problem } of ports) {
      it(name, () => {
        const outcome = parseEndpointSlice(
          rawSlice({ ports: [{ name: 'http', port: 8080 }, port] }),
        );
        expect(outcome.kind === 'ok' && outcome.value).to.deep.equal(makeSlice());
        expect(problemsOf(outcome)).to.deep.equal([problem]);
      });
    }
  });

  describe('the annotation switchyard.dev/weight', () => {
    const weighted = (weight: unknown): object =>
      rawSlice({
        metadata: {
          namespace: 'default',
          name: 'web-1',
          labels: { [SERVICE_NAME]: 'web' },
          annotations: { 'switchyard.dev/weight': weight },
        },
      });

    for (const weight of [1, 7, 1000]) {
      it(`may be ${weight}`, () => {
        expect(parsedSlice(weighted(String(weight))).weight).to.equal(weight);
      });
    }

    for (const weight of ['0', '1001', '-1', '1.5', '01', 'heavy', '']) {
      it(`counts as 1 and is reported if it is ${JSON.stringify(weight)}`, () => {
        const outcome = parseEndpointSlice(weighted(weight));
        expect(outcome.kind === 'ok' && outcome.value.weight).to.equal(1);
        expect(problemsOf(outcome)).to.deep.equal([
          `metadata.annotations["switchyard.dev/weight"]: expected a whole number from 1 to 1000, got ${JSON.stringify(weight)}`,
        ]);
      });
    }

    it('counts as 1 and is reported if it is no text', () => {
      expect(problemsOf(parseEndpointSlice(weighted(5)))).to.deep.equal([
        'metadata.annotations["switchyard.dev/weight"]: expected text, got 5',
      ]);
    });
  });

  it('reports fields of the wrong type and takes them for absent', () => {
    const endpoint = rawEndpoint({
      conditions: { ready: 'no', serving: 0, terminating: 1 },
      nodeName: 1,
      hints: { forZones: 'a', forNodes: [{ name: 2 }] },
    });
    const outcome = parseEndpointSlice(rawSlice({ endpoints: [endpoint] }));
    const expected: SliceEndpoint = makeSliceEndpoint({ nodeName: '' });
    expect(outcome.kind === 'ok' && outcome.value.endpoints).to.deep.equal([expected]);
    expect(problemsOf(outcome)).to.deep.equal([
      'endpoints[0].conditions.ready: expected true or false, got "no"',
      'endpoints[0].conditions.serving: expected true or false, got 0',
      'endpoints[0].conditions.terminating: expected true or false, got 1',
      'endpoints[0].nodeName: expected text, got 1',
      'endpoints[0].hints.forZones: expected a list, got "a"',
      'endpoints[0].hints.forNodes[0].name: expected text, got 2',
    ]);
  });
});

function labelled(labels: object | undefined): object {
  return rawSlice({ metadata: { namespace: 'default', name: 'web-1', labels } });
}
