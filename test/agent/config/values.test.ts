import { expect } from 'chai';
import * as network from '../../../agent/config/network-values.ts';
import * as values from '../../../agent/config/values.ts';
import type { ValueKind } from '../../../agent/config/values.ts';
import { CLUSTER_CIDR, nodeIp } from '../../support/addresses.ts';

interface Case {
  readonly name: string;
  readonly kind: ValueKind<unknown>;
  /** What is given, and what it is read as. */
  readonly good: readonly (readonly [unknown, unknown])[];
  readonly bad: readonly unknown[];
}

const { IPv4: POD_CIDR, IPv6: POD_CIDR6 } = CLUSTER_CIDR;
const same = (...given: unknown[]) => given.map((value) => [value, value] as const);

const CASES: readonly Case[] = [
  { name: 'text', kind: values.text, good: same('', 'a'), bad: [1, true, [], {}] },
  { name: 'boolean', kind: values.boolean, good: same(true, false), bad: ['yes', 'true', 0] },
  { name: 'number', kind: values.number, good: same(0, -1, 2.5), bad: ['1', NaN, Infinity] },
  {
    name: 'wholeNumber',
    kind: values.wholeNumber(0, 31),
    good: same(0, 31),
    bad: [-1, 32, 1.5, '14', true, [14]],
  },
  {
    name: 'wholeNumber without an upper bound',
    kind: values.wholeNumber(0),
    good: same(2 ** 31 - 1),
    bad: [2 ** 31],
  },
  {
    name: 'duration',
    kind: values.duration,
    good: [
      ['0s', 0],
      ['1m30s', 90_000],
    ],
    bad: [0, 30, '30', '-1s', ''],
  },
  {
    name: 'positiveDuration',
    kind: values.positiveDuration,
    good: [['1ms', 1]],
    bad: ['0s', '-1s'],
  },
  {
    name: 'timerDuration',
    kind: values.timerDuration,
    good: [['576h', 2_073_600_000]],
    bad: ['0s', '576h1ms', '-1s'],
  },
  {
    name: 'durationOrNanoseconds',
    kind: values.durationOrNanoseconds,
    good: [
      ['5s', 5000],
      [5e9, 5000],
    ],
    bad: [-1, '-1s', '5', true, Infinity],
  },
  { name: 'oneOf', kind: values.oneOf(['text', 'json']), good: same('text'), bad: ['TEXT', '', 1] },
  {
    name: 'proxyMode',
    kind: values.proxyMode,
    good: same('nftables', 'iptables', 'userspace'),
    bad: ['ipvs', 'kernelspace', 'NFTables'],
  },
  {
    name: 'portRange',
    kind: values.portRange,
    good: same('80', '30000-32767', '1000+100', '0-0'),
    bad: ['2-1', '1-', '-1', '1-65536', '65500+100', 'a', 80],
  },
  {
    name: 'listenerPorts',
    kind: values.listenerPorts,
    good: same('80', '20000-29999', '1000+100'),
    bad: ['0-0', '0-100', '2-1', '1-65536', 'a', 80],
  },
  {
    name: 'byteQuantity',
    kind: values.byteQuantity,
    good: [
      ['0', '0'],
      [512, '512'],
      ['64Ki', '64Ki'],
      ['1M', '1M'],
    ],
    bad: ['', '-1', '1X', '1ki', 1.5, [512], null],
  },
  {
    name: 'ip',
    kind: network.ip,
    good: [
      [nodeIp('IPv4', 1), nodeIp('IPv4', 1)],
      ['FD00:192:168:50:0::1', nodeIp('IPv6', 1)],
    ],
    bad: ['', 'localhost', '0.0.0.0:80', POD_CIDR, 1],
  },
  {
    name: 'ipAndPort',
    kind: network.ipAndPort(10256),
    good: [
      ['0.0.0.0', '0.0.0.0:10256'],
      ['::', '[::]:10256'],
      ['0.0.0.0:1', '0.0.0.0:1'],
      ['[::1]:65535', '[::1]:65535'],
    ],
    bad: ['', ':80', '0.0.0.0:0', '0.0.0.0:65536', '[::]', 'localhost:80', '0.0.0.0:', 80],
  },
  {
    name: 'ipAndPortOrNone',
    kind: network.ipAndPortOrNone(10256),
    good: [
      ['', ''],
      ['::', '[::]:10256'],
    ],
    bad: [':80', '0', 'localhost'],
  },
  {
    name: 'cidr',
    kind: network.cidr,
    good: [
      [POD_CIDR, POD_CIDR],
      ['10.244.1.2/16', POD_CIDR],
    ],
    bad: ['', '10.244.0.0', '10.244.0.0/33', '10.244.0.0/ 16', 10],
  },
  {
    name: 'cidrPair',
    kind: network.cidrPair,
    good: [
      [POD_CIDR, [POD_CIDR]],
      [`${POD_CIDR},${POD_CIDR6}`, [POD_CIDR, POD_CIDR6]],
      [`${POD_CIDR6}, ${POD_CIDR}`, [POD_CIDR6, POD_CIDR]],
    ],
    bad: ['', ',', `${POD_CIDR},`, `${POD_CIDR},${POD_CIDR}`, `${POD_CIDR},${POD_CIDR6},::/0`, 'x'],
  },
  {
    name: 'nodePortAddress',
    kind: network.nodePortAddress,
    good: same('primary', 'localhost', 'all', POD_CIDR),
    bad: ['', 'Primary', nodeIp('IPv4', 1), 1],
  },
  {
    name: 'nodeName',
    kind: network.nodeName,
    good: [
      [' Node-1.Example\n', 'node-1.example'],
      ['1', '1'],
    ],
    bad: ['', ' ', '-a', 'a-', 'a..b', 'a_b', '$(NODE_NAME)', 'a b', 'a'.repeat(254), 1],
  },
  {
    name: 'interfaceName',
    kind: network.interfaceName,
    good: same('cni0', 'eth0.100', 'veth@if2', 'a'.repeat(15), 'br+lan', '\u00e9th0'),
    bad: [
      '',
      'a'.repeat(16),
      '\u00e9'.repeat(8),
      'a b',
      'a\tb',
      'a\nb',
      'a\u0000b',
      'a\u007fb',
      'a/b',
      'a:1',
      'a"b',
      "a'b",
      'a`b',
      'a*',
      'a\\b',
      '.',
      '..',
      1,
    ],
  },
];

for (const { name, kind, good, bad } of CASES) {
  describe(`the value kind ${name}`, () => {
    for (const [given, value] of good) {
      it(`reads ${JSON.stringify(given)}`, () => {
        expect(kind.read(given)).to.deep.equal(value);
      });
    }
    for (const given of bad) {
      it(`refuses ${JSON.stringify(given)}`, () => {
        expect(kind.read(given)).to.equal(undefined);
      });
    }
  });
}

/** Functions that kinds are made with. */
const NO_KINDS: ReadonlySet<string> = new Set(['readText', 'parsePortRange']);

it('every value kind has a case', () => {
  const tested = new Set(CASES.map(({ name }) => name.split(' ')[0]));
  const all = Object.keys({ ...values, ...network }).filter((name) => !NO_KINDS.has(name));
  expect([...tested].sort()).to.deep.equal(all.sort());
});
