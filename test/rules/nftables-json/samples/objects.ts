import type { ObjectBodies } from '../../../../rules/nftables-json/index.ts';
import { POD, VIP, type Samples } from './sample.ts';

const inTable = { family: 'ip', table: 'shop', name: 'thing' } as const;

/** Every kind of object; the text is what follows `add`. */
export const OBJECTS: Samples<ObjectBodies> = {
  table: [
    { body: { family: 'ip6', name: 'shop' }, text: 'table ip6 shop' },
    {
      body: { family: 'inet', name: 'shop', comment: 'rules of the shop', flags: ['dormant'] },
      text: 'table inet shop { flags dormant; comment "rules of the shop"; }',
    },
  ],
  chain: [
    { body: inTable, text: 'chain ip shop thing' },
    { body: { ...inTable, comment: 'one' }, text: 'chain ip shop thing { comment "one"; }' },
    {
      body: { ...inTable, type: 'nat', hook: 'prerouting', prio: -100, policy: 'accept' },
      text: 'chain ip shop thing { type nat hook prerouting priority -100; policy accept; }',
    },
    {
      body: { ...inTable, family: 'netdev', type: 'filter', hook: 'ingress', prio: 0, dev: 'eth0' },
      text: 'chain netdev shop thing { type filter hook ingress devices = { "eth0" } priority 0; }',
    },
  ],
  rule: [
    {
      body: { family: 'ip', table: 'shop', chain: 'entry', expr: [{ drop: null }] },
      text: 'rule ip shop entry drop',
    },
    {
      body: {
        family: 'ip',
        table: 'shop',
        chain: 'entry',
        index: 2,
        expr: [{ counter: null }, { accept: null }],
        comment: 'friends; of default/web',
      },
      text: 'rule ip shop entry index 2 counter accept comment "friends; of default/web"',
    },
  ],
  set: [
    { body: { ...inTable, type: 'ipv4_addr' }, text: 'set ip shop thing { type ipv4_addr; }' },
    {
      body: {
        ...inTable,
        type: ['ipv4_addr', 'inet_service'],
        flags: ['interval', 'timeout'],
        timeout: 60,
        'gc-interval': 5,
        size: 100,
        policy: 'memory',
        'auto-merge': true,
        stmt: [{ counter: null }],
        elem: [{ concat: [{ prefix: { addr: VIP, len: 24 } }, 80] }],
        comment: 'all of it',
      },
      text:
        'set ip shop thing { type ipv4_addr . inet_service; flags interval,timeout; timeout 60s; ' +
        'gc-interval 5s; size 100; policy memory; auto-merge; counter; ' +
        `elements = { ${VIP}/24 . 80 }; comment "all of it"; }`,
    },
    {
      body: { ...inTable, type: { typeof: { payload: { protocol: 'ip', field: 'saddr' } } } },
      text: 'set ip shop thing { typeof ip saddr; }',
    },
  ],
  map: [
    {
      body: {
        ...inTable,
        type: ['ipv4_addr', 'inet_proto', 'inet_service'],
        map: 'verdict',
        elem: [[{ concat: [VIP, 'tcp', 80] }, { goto: { target: 'endpoints-3' } }]],
      },
      text:
        'map ip shop thing { type ipv4_addr . inet_proto . inet_service : verdict; ' +
        `elements = { ${VIP} . tcp . 80 : goto endpoints-3 }; }`,
    },
    {
      body: { ...inTable, type: 'ipv4_addr', map: ['ipv4_addr', 'inet_service'] },
      text: 'map ip shop thing { type ipv4_addr : ipv4_addr . inet_service; }',
    },
    {
      body: { ...inTable, type: 'ipv4_addr', map: 'ct helper' },
      text: 'map ip shop thing { type ipv4_addr : ct helper; }',
    },
    {
      body: {
        ...inTable,
        type: {
          typeof: {
            concat: [
              { payload: { protocol: 'ip', field: 'daddr' } },
              { meta: { key: 'l4proto' } },
              { payload: { protocol: 'th', field: 'dport' } },
              { numgen: { mode: 'random', mod: 2, offset: 0 } },
            ],
          },
        },
        map: {
          typeof: {
            concat: [
              { payload: { protocol: 'ip', field: 'daddr' } },
              { payload: { protocol: 'th', field: 'dport' } },
            ],
          },
        },
        comment: 'endpoints by slot',
      },
      text:
        'map ip shop thing { typeof ip daddr . meta l4proto . th dport . numgen random mod 2 : ' +
        'ip daddr . th dport; comment "endpoints by slot"; }',
    },
    {
      body: { ...inTable, type: { typeof: { meta: { key: 'mark' } } }, map: 'verdict' },
      text: 'map ip shop thing { typeof meta mark : verdict; }',
    },
  ],
  element: [
    {
      body: { ...inTable, elem: [VIP, { elem: { val: POD, comment: 'a pod' } }] },
      text: `element ip shop thing { ${VIP}, ${POD} comment "a pod" }`,
    },
    {
      body: {
        ...inTable,
        elem: [
          [
            { elem: { val: { concat: [POD, VIP] }, timeout: 10800, expires: 7200 } },
            { concat: [POD, 80] },
          ],
        ],
      },
      text: `element ip shop thing { ${POD} . ${VIP} timeout 10800s expires 7200s : ${POD} . 80 }`,
    },
  ],
  flowtable: [
    {
      body: { ...inTable, hook: 'ingress', prio: 0, dev: ['eth0', 'eth1'] },
      text: 'flowtable ip shop thing { hook ingress priority 0; devices = { "eth0", "eth1" }; }',
    },
  ],
  counter: [
    { body: inTable, text: 'counter ip shop thing' },
    {
      body: { ...inTable, packets: 1, bytes: 60, comment: 'hits' },
      text: 'counter ip shop thing { packets 1 bytes 60; comment "hits"; }',
    },
  ],
  quota: [
    { body: { ...inTable, bytes: 100 }, text: 'quota ip shop thing { 100 bytes; }' },
    {
      body: { ...inTable, bytes: 100, used: 5, inv: true },
      text: 'quota ip shop thing { over 100 bytes used 5 bytes; }',
    },
  ],
  limit: [
    {
      body: { ...inTable, rate: 10, per: 'second', burst: 6, inv: true },
      text: 'limit ip shop thing { rate over 10/second burst 6 packets; }',
    },
  ],
  'ct helper': [
    {
      body: { ...inTable, type: 'ftp', protocol: 'tcp', l3proto: 'ip' },
      text: 'ct helper ip shop thing { type "ftp" protocol tcp; l3proto ip; }',
    },
  ],
  'ct timeout': [
    {
      body: { ...inTable, protocol: 'tcp', l3proto: 'ip', policy: { established: 120, close: 20 } },
      text: 'ct timeout ip shop thing { protocol tcp; l3proto ip; policy = { established : 120, close : 20 }; }',
    },
    {
      body: { ...inTable, protocol: 'udp', policy: null },
      text: 'ct timeout ip shop thing { protocol udp; }',
    },
  ],
  'ct expectation': [
    {
      body: { ...inTable, protocol: 'tcp', l3proto: 'ip', dport: 80, timeout: 9000, size: 12 },
      text: 'ct expectation ip shop thing { protocol tcp; dport 80; timeout 9000ms; size 12; l3proto ip; }',
    },
  ],
  secmark: [
    {
      body: { ...inTable, context: 'system_u:object_r:ssh_packet_t:s0' },
      text: 'secmark ip shop thing { "system_u:object_r:ssh_packet_t:s0"; }',
    },
  ],
  synproxy: [
    {
      body: { ...inTable, mss: 1460, wscale: 7, flags: ['timestamp', 'sack-perm'] },
      text: 'synproxy ip shop thing { mss 1460; wscale 7; timestamp sack-perm; }',
    },
    {
      body: { ...inTable, mss: 1460, wscale: 7 },
      text: 'synproxy ip shop thing { mss 1460; wscale 7; }',
    },
  ],
};
