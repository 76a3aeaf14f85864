/** Manifests that are wrong in one way each: every one costs a line, and none costs another Service. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { clusterIp, externalIp, podIp } from '../../support/addresses.ts';
import { rawService, rawSlice } from '../../rules/services/builders.ts';
import { switchyard } from './support.ts';

/** Written as JSON, which is YAML as well. */
type Objects = readonly object[];

const CASES: readonly {
  readonly name: string;
  readonly manifests: Objects | string;
  /** The only line about it; none when nothing is wrong. */
  readonly says?: RegExp;
  /** What is in the ruleset all the same. */
  readonly has?: readonly string[];
}[] = [
  {
    name: 'an impossible IP',
    manifests: [service(1, { clusterIP: '10.96.0.300' })],
    says: /: Service default\/web-1: spec\.clusterIP: expected an IP address, got "10\.96\.0\.300"$/,
  },
  {
    name: 'port 0',
    manifests: [service(2, { ports: [{ port: 0 }] })],
    says: /: Service default\/web-2: spec\.ports\[0\]\.port: expected .* from 1 to 65535, got 0$/,
  },
  {
    name: 'port 70000',
    manifests: [service(3, { ports: [{ port: 70_000 }] })],
    says: /: Service default\/web-3: spec\.ports\[0\]\.port: expected .* from 1 to 65535, got 70000$/,
  },
  {
    name: 'an unknown protocol',
    manifests: [service(4, { ports: [{ port: 80, protocol: 'QUIC' }] })],
    says: /: Service default\/web-4: spec\.ports\[0\]\.protocol: expected TCP or UDP or SCTP, got "QUIC"$/,
  },
  {
    name: 'a name of 300 characters',
    manifests: [service(5, {}, { name: 'x'.repeat(300) })],
    says: /: metadata\.name: expected a DNS label .*, got "x{40}\.\.\." \(300 characters\)$/,
  },
  {
    name: 'a quote in a name',
    manifests: [service(6, {}, { name: 'we"b' })],
    says: /: metadata\.name: expected a DNS label .*, got "we\\"b"$/,
  },
  {
    name: 'a newline in a name',
    manifests: [service(7, {}, { name: 'we\nb' })],
    says: /: metadata\.name: expected a DNS label .*, got "we\\nb"$/,
  },
  {
    name: 'a brace in a name',
    manifests: [service(8, {}, { name: 'we}b' })],
    says: /: metadata\.name: expected a DNS label .*, got "we}b"$/,
  },
  {
    name: 'quotes, newlines and braces in the name of a port',
    manifests: [service(9, { ports: [{ name: '"}\n; flush ruleset', port: 80 }] })],
    says: /: Service default\/web-9: spec\.ports\[0\]\.name: expected .*, got "\\"}\\n; flush ruleset"$/,
  },
  {
    name: 'quotes, newlines and braces in labels and annotations',
    manifests: [
      service(10, {}, { labels: { a: '"}\n; flush ruleset' }, annotations: { 'b"}\n': '{' } }),
    ],
    has: [`${clusterIp('IPv4', 10)} . tcp . 80 comment "default/web-10:http"`],
  },
  {
    name: 'a slice whose Service does not exist',
    manifests: [slice('orphan', 'nobody', [podIp('IPv4', 1, 1)])],
  },
  {
    name: 'addresses of both families in one slice',
    manifests: [
      service(12),
      slice('mixed', 'web-12', [podIp('IPv4', 1, 12), podIp('IPv6', 1, 12)]),
    ],
    says: /: EndpointSlice default\/mixed: endpoints\[1\]\.addresses\[0\]: expected an IPv4 address/,
    has: [`${clusterIp('IPv4', 12)} . 80 . 0 : ${podIp('IPv4', 1, 12)} . 8080`],
  },
  {
    name: 'an address twice',
    manifests: [
      service(13),
      slice('twice', 'web-13', [podIp('IPv4', 1, 13), podIp('IPv4', 1, 13)]),
    ],
    has: [
      `${clusterIp('IPv4', 13)} . tcp . 80 comment "default/web-13:http" : goto tcp-endpoints-1`,
    ],
  },
  {
    name: 'ten slices for one Service',
    manifests: [
      service(14),
      ...Array.from({ length: 10 }, (_, i) =>
        slice(`ten-${i}`, 'web-14', [podIp('IPv4', 2, i + 1), podIp('IPv4', 2, i + 2)]),
      ),
    ],
    has: [
      `${clusterIp('IPv4', 14)} . tcp . 80 comment "default/web-14:http" : goto tcp-endpoints-11`,
    ],
  },
  {
    name: 'YAML that is cut in half',
    manifests: `${JSON.stringify(service(15))}\n---\n${JSON.stringify(service(16)).slice(0, 90)}`,
    says: /cut-in-half\.yaml:\d+: /,
    has: [`${clusterIp('IPv4', 15)} . tcp . 80 comment "default/web-15:http"`],
  },
  {
    name: 'something that is no manifest at all',
    manifests: '\u0000\u0001\u0002',
    says: /no-manifest-at-all\.yaml(:\d+)?: /,
  },
];

const CONFLICTS: readonly {
  readonly name: string;
  readonly manifests: Objects;
  readonly says: RegExp;
}[] = [
  {
    name: 'an external IP',
    manifests: [
      service(21, { externalIPs: [externalIp('IPv4', 1)] }, createdIn(2026)),
      service(22, { externalIPs: [externalIp('IPv4', 1)] }, createdIn(2025)),
    ],
    says: /^Service default\/web-21: spec\.externalIPs: .* belongs to default\/web-22:http; /,
  },
  {
    name: 'a node port',
    manifests: [
      service(23, nodePort(30_080), createdIn(2026)),
      service(24, nodePort(30_080), createdIn(2025)),
    ],
    says: /^Service default\/web-23: spec\.ports: .* 30080\/tcp, which belongs to default\/web-24:http; /,
  },
  {
    name: 'a ClusterIP',
    manifests: [
      service(25, { clusterIP: clusterIp('IPv4', 26) }, createdIn(2026)),
      service(26, {}, createdIn(2025)),
    ],
    says: /^Service default\/web-25: spec\.clusterIP: .* belongs to default\/web-26:http; /,
  },
];

describe('bad input', () => {
  let folder = '';
  let lines: string[] = [];
  let ruleset = '';

  // All of it at once: what is wrong with one file must not keep the others out.
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-bad-'));
    for (const { name, manifests } of [...CASES, ...CONFLICTS]) {
      const text = typeof manifests === 'string' ? manifests : asText(manifests);
      await writeFile(join(folder, fileOf(name)), text);
    }
    await writeFile(join(folder, 'zz-good.yaml'), asText([service(99)]));
    const { exitCode, stdout, stderr } = await switchyard(['render', '--manifests', folder]);
    expect(exitCode).to.equal(0);
    ruleset = stdout;
    lines = stderr.split('\n');
  });
  after(() => rm(folder, { recursive: true }));

  for (const { name, says, has = [] } of CASES) {
    it(`${says === undefined ? 'takes' : 'says one line about'} ${name}`, () => {
      const own = lines.filter((line) => line.includes(`/${fileOf(name)}`));
      if (says === undefined) expect(own).to.deep.equal([]);
      else
        expect(own)
          .to.have.lengthOf(1)
          .and.satisfy(([line]: string[]) => says.test(line ?? ''));
      for (const text of has) expect(ruleset).to.include(text);
    });
  }

  for (const { name, says } of CONFLICTS) {
    it(`gives ${name} that two Services want to the older one, and tells the younger`, () => {
      expect(lines.filter((line) => says.test(line))).to.have.lengthOf(1);
    });
  }

  it('keeps no other Service from being programmed', () => {
    expect(ruleset).to.include(`${clusterIp('IPv4', 99)} . tcp . 80 comment "default/web-99:http"`);
  });

  it('is answered by no line more', () => {
    const expected = CASES.filter(({ says }) => says !== undefined).length + CONFLICTS.length;
    expect(lines).to.have.lengthOf(expected);
  });

  it('gets nothing into the ruleset that was not asked for', () => {
    expect(ruleset).to.not.include('flush');
    for (const line of ruleset.split('\n')) {
      expect(line).to.match(/^(add|delete) \w+ ip6? switchyard( |$)/);
    }
  });
});

// --- internal ---

/** default/web-N with ClusterIP number N. */
function service(number: number, spec: object = {}, metadata: object = {}): object {
  return rawService(
    { clusterIP: clusterIp('IPv4', number), ...spec },
    { metadata: { name: `web-${number}`, ...metadata } },
  );
}

function slice(name: string, ofService: string, ips: readonly string[]): object {
  return rawSlice({
    metadata: { name, labels: { 'kubernetes.io/service-name': ofService } },
    endpoints: ips.map((ip) => ({ addresses: [ip] })),
  });
}

function createdIn(year: number): object {
  return { creationTimestamp: `${year}-01-01T00:00:00Z` };
}

function nodePort(number: number): object {
  return { type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: number }] };
}

function asText(objects: Objects): string {
  return objects.map((object) => JSON.stringify(object, undefined, 2)).join('\n---\n');
}

function fileOf(name: string): string {
  return `${name.replaceAll(/[^A-Za-z0-9]+/g, '-')}.yaml`;
}
