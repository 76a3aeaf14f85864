/** A table with much in it that any nft since 1.0.6 loads, and prints as JSON without loss. */
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
  payload,
  prefix,
  ref,
  reject,
  snat,
  vmap,
  type NftObject,
  type Statement,
} from '../../../../rules/nftables-json/index.ts';
import { clusterIp, externalIp, podIp } from '../../../support/addresses.ts';

const VIP = clusterIp('IPv4', 1);
const POD = podIp('IPv4', 1, 1);
const POD2 = podIp('IPv4', 2, 1);
const CLIENT_NETWORK = externalIp('IPv4', 0);

const inTable = { family: 'ip', table: 'shop' } as const;
const saddr = payload('ip', 'saddr');
const daddr = payload('ip', 'daddr');
const l4proto = meta('l4proto');
const dport = payload('th', 'dport');
const mark = meta('mark');
const frontend = concat(daddr, l4proto, dport);
const frontendTypes = ['ipv4_addr', 'inet_proto', 'inet_service'];

export const SHOP: readonly NftObject[] = [
  { table: { family: 'ip', name: 'shop' } },
  ...['services', 'endpoints', 'checks'].map((name) => ({ chain: { ...inTable, name } })),
  baseChain('entry', 'prerouting', -100),
  baseChain('exit', 'postrouting', 100),
  { counter: { ...inTable, name: 'hits', packets: 3, bytes: 180, comment: 'all hits' } },
  { quota: { ...inTable, name: 'monthly', bytes: 1000, used: 5, inv: true } },
  { limit: { ...inTable, name: 'slow', rate: 10, per: 'second', burst: 6 } },
  {
    map: {
      ...inTable,
      name: 'service-ips',
      type: frontendTypes,
      map: 'verdict',
      elem: [
        [{ elem: { val: concat(VIP, 'tcp', 80), comment: 'default/web:http' } }, goto('endpoints')],
        [concat(VIP, 'udp', 53), drop()],
      ],
    },
  },
  {
    map: {
      ...inTable,
      name: 'pods',
      type: 'mark',
      map: 'ipv4_addr',
      elem: [
        [1, POD],
        [2, POD2],
      ],
    },
  },
  {
    map: { ...inTable, name: 'counters', type: 'ipv4_addr', map: 'counter', elem: [[POD, 'hits']] },
  },
  { set: { ...inTable, name: 'firewalled', type: frontendTypes } },
  {
    set: {
      ...inTable,
      name: 'source-ranges',
      type: [...frontendTypes, 'ipv4_addr'],
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
      ...inTable,
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
  { set: { ...inTable, name: 'uplinks', type: 'ifname', elem: ['cni0', 'accept'] } },
  ...rules('entry', [counter(), jump('services')]),
  ...rules(
    'services',
    [vmap(frontend, ref('service-ips'))],
    [
      match(fib('type', ['daddr']), '==', 'local'),
      match(daddr, '!=', prefix(CLIENT_NETWORK, 24)),
      vmap(concat(l4proto, dport), anonymousSet([concat('tcp', 30080), goto('endpoints')])),
    ],
    [
      match(frontend, '==', ref('firewalled')),
      match(concat(daddr, l4proto, dport, saddr), '!=', ref('source-ranges')),
      jump('checks'),
    ],
  ),
  ...rules('endpoints', [
    match(l4proto, '==', 'tcp'),
    dnat({ addr: mapLookup(mark, ref('pods')), port: 8080 }),
  ]),
  ...rules(
    'exit',
    [
      match({ '&': [mark, 0x4000] }, '!=', 0),
      mangle(mark, { '^': [mark, 0x4000] }),
      masquerade({ flags: ['fully-random'] }),
    ],
    [
      match(l4proto, '==', 'tcp'),
      snat({ addr: POD, port: { range: [1024, 2048] }, flags: ['random', 'persistent'] }),
    ],
  ),
  ...rules(
    'checks',
    [match(ct('state'), 'in', ['established', 'related']), accept()],
    [match(ct('status'), '==', 'dnat'), match(ct('ip daddr', 'original'), '==', VIP), accept()],
    [match(meta('iifname'), '==', 'veth*'), match(meta('oifname'), '!=', 'cni0'), accept()],
    [match(meta('iifname'), '==', ref('uplinks')), counter(), accept()],
    [match(payload('tcp', 'dport'), '==', anonymousSet(80, { range: [90, 100] })), accept()],
    [match({ '&': [payload('tcp', 'flags'), ['syn', 'ack']] }, '==', 'syn'), accept()],
    [mangle(mark, { '|': [mark, 0x4000] })],
    [mangle(mark, numgen('inc', 2, 1))],
    [mangle(mark, { jhash: { expr: concat(saddr, daddr), mod: 4, seed: 7 } })],
    [{ limit: { rate: 10, per: 'second', burst: 5, inv: true } }, { log: { prefix: 'fast: ' } }],
    [{ limit: 'slow' }, { quota: 'monthly' }, { counter: 'hits' }],
    [{ counter: mapLookup(saddr, ref('counters')) }, { 'ct count': { val: 9, inv: true } }],
    [reject({ type: 'icmp', expr: 'admin-prohibited' })],
    [match(l4proto, '==', 'tcp'), reject({ type: 'tcp reset' })],
  ),
];

// --- internal ---

function baseChain(name: string, hook: 'prerouting' | 'postrouting', prio: number): NftObject {
  return { chain: { ...inTable, name, type: 'nat', hook, prio, policy: 'accept' } };
}

function rules(chain: string, ...all: readonly Statement[][]): NftObject[] {
  return all.map((expr, index) => ({
    rule: { ...inTable, chain, comment: `${chain} ${index}`, expr },
  }));
}
