/**
 * rules/nftables-json against the real nft, in network namespaces of its own: as root, or as anyone
 * where the kernel allows user namespaces.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import {
  accept,
  anonymousSet,
  concat,
  counter,
  ct,
  dnat,
  drop,
  fib,
  goto,
  jump,
  mangle,
  mapLookup,
  masquerade,
  match,
  meta,
  numgen,
  parseRuleset,
  payload,
  prefix,
  ref,
  reject,
  renderRuleset,
  snat,
  vmap,
  type Command,
  type NftObject,
  type Statement,
} from '../../rules/nftables-json/index.ts';
import { externalIp, podIp, clusterIp } from '../support/addresses.ts';
import { COMMANDS, FLUSHED, LISTED, REFERENCES, RESET } from '../rules/nftables-json/samples/commands.ts';
import { EXPRESSIONS } from '../rules/nftables-json/samples/expressions.ts';
import { OBJECTS } from '../rules/nftables-json/samples/objects.ts';
import { casesOf } from '../rules/nftables-json/samples/sample.ts';
import { STATEMENTS } from '../rules/nftables-json/samples/statements.ts';

const VIP = clusterIp('IPv4', 1);
const POD = podIp('IPv4', 1, 1);
const POD2 = podIp('IPv4', 2, 1);
const CLIENT_NETWORK = externalIp('IPv4', 0);

const table = { family: 'ip', table: 'shop' } as const;
const saddr = payload('ip', 'saddr');
const daddr = payload('ip', 'daddr');
const l4proto = meta('l4proto');
const dport = payload('th', 'dport');
const mark = meta('mark');
const frontend = concat(daddr, l4proto, dport);

/** What any nft since 1.0.6 prints as JSON without loss, in an order in which it loads. */
const SHOP: readonly NftObject[] = [
  { table: { family: 'ip', name: 'shop' } },
  ...['services', 'endpoints-2', 'checks'].map((name) => ({ chain: { ...table, name } })),
  {
    chain: { ...table, name: 'entry', type: 'nat', hook: 'prerouting', prio: -100, policy: 'accept' },
  },
  { chain: { ...table, name: 'exit', type: 'nat', hook: 'postrouting', prio: 100, policy: 'accept' } },
  { counter: { ...table, name: 'hits', packets: 3, bytes: 180, comment: 'all hits' } },
  { quota: { ...table, name: 'monthly', bytes: 1000, used: 5, inv: true } },
  { limit: { ...table, name: 'slow', rate: 10, per: 'second', burst: 6 } },
  {
    map: {
      ...table,
      name: 'service-ips',
      type: ['ipv4_addr', 'inet_proto', 'inet_service'],
      map: 'verdict',
      elem: [
        [
          { elem: { val: concat(VIP, 'tcp', 80), comment: 'default/web:http' } },
          goto('endpoints-2'),
        ],
        [concat(VIP, 'udp', 53), drop()],
      ],
    },
  },
  {
    map: {
      ...table,
      name: 'endpoints',
      type: ['ipv4_addr', 'mark'],
      map: ['ipv4_addr', 'inet_service'],
      elem: [
        [concat(VIP, 0), concat(POD, 8080)],
        [concat(VIP, 1), concat(POD2, 8080)],
      ],
      comment: 'by slot',
    },
  },
  { map: { ...table, name: 'counters', type: 'ipv4_addr', map: 'counter', elem: [[POD, 'hits']] } },
  {
    set: {
      ...table,
      name: 'source-ranges',
      type: ['ipv4_addr', 'inet_proto', 'inet_service', 'ipv4_addr'],
      flags: ['interval'],
      elem: [
        concat(VIP, 'tcp', 80, prefix(CLIENT_NETWORK, 24)),
        concat(VIP, 'tcp', 81, POD),
        concat(VIP, 'udp', 53, { range: [podIp('IPv4', 1, 2), podIp('IPv4', 1, 4)] }),
      ],
    },
  },
  {
    set: {
      ...table,
      name: 'seen',
      type: 'ipv4_addr',
      flags: ['timeout'],
      timeout: 3600,
      'gc-interval': 5,
      size: 1000,
      policy: 'memory',
      elem: [{ elem: { val: POD, timeout: 600, comment: 'seen' } }],
    },
  },
  { set: { ...table, name: 'devices', type: 'ifname', elem: ['cni0', 'accept'] } },
  ...rules('entry', [counter(), jump('services')]),
  ...rules(
    'services',
    [vmap(frontend, ref('service-ips'))],
    [
      match(fib('type', ['daddr']), '==', 'local'),
      match(daddr, '!=', prefix('127.0.0.0', 8)),
      vmap(concat(l4proto, dport), anonymousSet([concat('tcp', 30080), goto('endpoints-2')])),
    ],
    [match(frontend, '==', ref('source-ranges').replace('source-ranges', 'frontends')), drop()],
    [match(concat(daddr, l4proto, dport, saddr), '!=', ref('source-ranges')), jump('checks')],
  ),
  ...rules('endpoints-2', [
    dnat({ family: 'ip', addr: mapLookup(concat(daddr, mark), ref('endpoints')) }),
  ]),
  ...rules(
    'exit',
    [
      match({ '&': [mark, 0x4000] }, '!=', 0),
      mangle(mark, { '^': [mark, 0x4000] }),
      masquerade({ flags: ['fully-random'] }),
    ],
    [match(l4proto, '==', 'tcp'), snat({ addr: POD, port: { range: [1024, 2048] } })],
  ),
  ...rules(
    'checks',
    [match(ct('state'), 'in', ['established', 'related']), accept()],
    [match(ct('status'), '==', 'dnat'), match(ct('ip daddr', 'original'), '==', VIP), accept()],
    [match(meta('iifname'), '==', 'veth*'), match(meta('oifname'), '!=', 'cni0'), accept()],
    [match(meta('iifname'), '==', ref('devices')), counter(), accept()],
    [match(payload('tcp', 'dport'), '==', anonymousSet(80, { range: [90, 100] }))],
    [match({ '&': [payload('tcp', 'flags'), ['syn', 'ack']] }, '==', 'syn'), accept()],
    [mangle(mark, { '|': [mark, 0x4000] })],
    [mangle(mark, numgen('random', 2, 1))],
    [mangle(mark, { jhash: { expr: concat(saddr, daddr), mod: 4, seed: 7 } })],
    [{ limit: { rate: 10, per: 'second', burst: 5, inv: true } }, { log: { prefix: 'fast: ' } }],
    [{ limit: 'slow' }, { quota: 'monthly' }, { counter: 'hits' }],
    [{ counter: mapLookup(saddr, ref('counters')) }, { 'ct count': { val: 9, inv: true } }],
    [reject({ type: 'icmp', expr: 'admin-prohibited' })],
    [match(l4proto, '==', 'tcp'), reject({ type: 'tcp reset' })],
  ),
];
