import type { Expression, StatementBodies } from '../../../../rules/nftables-json/index.ts';
import { NODE, POD, POD6, VIP, type Samples } from './sample.ts';

const mark: Expression = { meta: { key: 'mark' } };
const saddr: Expression = { payload: { protocol: 'ip', field: 'saddr' } };
const dport: Expression = { payload: { protocol: 'th', field: 'dport' } };
const state: Expression = { ct: { key: 'state' } };
const tcpFlags: Expression = { payload: { protocol: 'tcp', field: 'flags' } };
const iifname: Expression = { meta: { key: 'iifname' } };

/** Every kind of statement that has a text. */
export const STATEMENTS: Samples<Omit<StatementBodies, 'xt' | 'unknown'>> = {
  accept: [{ body: null, text: 'accept' }],
  drop: [{ body: null, text: 'drop' }],
  continue: [{ body: null, text: 'continue' }],
  return: [{ body: null, text: 'return' }],
  jump: [{ body: { target: 'checks' }, text: 'jump checks' }],
  goto: [{ body: { target: 'endpoints-3' }, text: 'goto endpoints-3' }],
  match: [
    { body: { op: '==', left: saddr, right: POD }, text: `ip saddr ${POD}` },
    { body: { op: '!=', left: saddr, right: '@pods' }, text: 'ip saddr != @pods' },
    { body: { op: '>', left: dport, right: 1023 }, text: 'th dport > 1023' },
    { body: { op: 'in', left: state, right: 'new' }, text: 'ct state new' },
    {
      body: { op: 'in', left: state, right: ['established', 'related'] },
      text: 'ct state established,related',
    },
    { body: { op: '==', left: state, right: 'new' }, text: 'ct state == new' },
    {
      body: { op: '==', left: { '&': [tcpFlags, ['syn', 'ack']] }, right: 'syn' },
      text: 'tcp flags & (syn | ack) == syn',
    },
    {
      body: { op: '!=', left: { '&': [mark, 0x4000] }, right: 0 },
      text: 'meta mark & 0x4000 != 0',
    },
    {
      body: { op: '==', left: { '&': [mark, 0x4000] }, right: 0x4000 },
      text: 'meta mark & 0x4000 == 0x4000',
    },
    { body: { op: '==', left: iifname, right: 'veth*' }, text: 'iifname "veth*"' },
    // Device names may be anything, so also what is a word of nft's.
    { body: { op: '!=', left: iifname, right: 'tcp' }, text: 'iifname != "tcp"' },
    {
      body: { op: '==', left: iifname, right: { set: ['cni0', 'accept'] } },
      text: 'iifname { "cni0", "accept" }',
    },
    { body: { op: '==', left: iifname, right: '@uplinks' }, text: 'iifname @uplinks' },
    {
      body: { op: '==', left: { fib: { result: 'oifname', flags: ['daddr'] } }, right: 'new' },
      text: 'fib daddr oifname "new"',
    },
    {
      body: { op: '==', left: { fib: { result: 'oif', flags: ['saddr', 'iif'] } }, right: false },
      text: 'fib saddr . iif oif missing',
    },
    {
      body: { op: '==', left: { exthdr: { name: 'frag' } }, right: true },
      text: 'exthdr frag exists',
    },
    {
      body: {
        op: '==',
        left: { meta: { key: 'hour' } },
        right: { range: ['08:00', '17:00'] },
      },
      text: 'meta hour "08:00"-"17:00"',
    },
  ],
  vmap: [
    { body: { key: saddr, data: '@verdicts' }, text: 'ip saddr vmap @verdicts' },
    {
      body: { key: state, data: { set: [['new', { jump: { target: 'checks' } }]] } },
      text: 'ct state vmap { new : jump checks }',
    },
  ],
  mangle: [
    {
      body: { key: mark, value: { '|': [mark, 0x4000] } },
      text: 'meta mark set meta mark | 0x4000',
    },
    {
      body: { key: { payload: { protocol: 'ip', field: 'dscp' } }, value: 'ef' },
      text: 'ip dscp set "ef"',
    },
  ],
  set: [
    { body: { op: 'add', elem: saddr, set: '@seen' }, text: 'add @seen { ip saddr }' },
    {
      body: {
        op: 'update',
        elem: { elem: { val: saddr, timeout: 60 } },
        set: '@seen',
        stmt: [{ counter: null }, { limit: { rate: 10, per: 'second' } }],
      },
      text: 'update @seen { ip saddr timeout 60s counter limit rate 10/second }',
    },
    { body: { op: 'delete', elem: saddr, set: '@seen' }, text: 'delete @seen { ip saddr }' },
  ],
  map: [
    {
      body: {
        op: 'update',
        elem: { elem: { val: { concat: [saddr, dport] }, timeout: 10800 } },
        data: { concat: [{ payload: { protocol: 'ip', field: 'daddr' } }, dport] },
        map: '@affinity',
      },
      text: 'update @affinity { ip saddr . th dport timeout 10800s : ip daddr . th dport }',
    },
    {
      body: { op: 'add', elem: saddr, data: mark, map: '@marks', stmt: [{ last: null }] },
      text: 'add @marks { ip saddr last : meta mark }',
    },
  ],
  dnat: [
    { body: { addr: POD }, text: `dnat to ${POD}` },
    { body: { family: 'ip', addr: POD, port: 8080 }, text: `dnat ip to ${POD}:8080` },
    { body: { family: 'ip6', addr: POD6, port: 8080 }, text: `dnat ip6 to [${POD6}]:8080` },
    {
      body: { family: 'ip', addr: { map: { key: saddr, data: '@endpoints' } } },
      text: 'dnat ip to ip saddr map @endpoints',
    },
    {
      body: { family: 'ip', addr: { map: { key: saddr, data: '@pods' } }, port: 80 },
      text: 'dnat ip to ip saddr map @pods:80',
    },
    {
      body: {
        family: 'ip',
        addr: { map: { key: saddr, data: '@networks' } },
        flags: ['netmap'],
        type_flags: ['prefix'],
      },
      text: 'dnat ip prefix to ip saddr map @networks',
    },
  ],
  snat: [
    {
      body: {
        addr: { range: [POD, VIP] },
        port: { range: [1024, 2048] },
        flags: ['random', 'persistent'],
      },
      text: `snat to ${POD}-${VIP}:1024-2048 random,persistent`,
    },
    {
      body: { family: 'ip6', addr: { range: [POD6, POD6] }, port: 80 },
      text: `snat ip6 to [${POD6}]-[${POD6}]:80`,
    },
    { body: { family: 'ip6', addr: POD6 }, text: `snat ip6 to ${POD6}` },
  ],
  masquerade: [
    { body: null, text: 'masquerade' },
    { body: { flags: ['fully-random'] }, text: 'masquerade fully-random' },
    { body: { port: { range: [1024, 2048] } }, text: 'masquerade to :1024-2048' },
  ],
  redirect: [
    { body: { port: 8080, flags: ['random'] }, text: 'redirect to :8080 random' },
    { body: null, text: 'redirect' },
  ],
  reject: [
    { body: null, text: 'reject' },
    { body: { type: 'tcp reset' }, text: 'reject with tcp reset' },
    {
      body: { type: 'icmp', expr: 'port-unreachable' },
      text: 'reject with icmp port-unreachable',
    },
    { body: { type: 'icmpv6', expr: 4 }, text: 'reject with icmpv6 4' },
    { body: { type: 'icmpx', expr: 'no-route' }, text: 'reject with icmpx no-route' },
  ],
  counter: [
    { body: null, text: 'counter' },
    { body: { packets: 1, bytes: 60 }, text: 'counter packets 1 bytes 60' },
    { body: 'hits', text: 'counter name "hits"' },
    {
      body: { map: { key: saddr, data: { set: [[POD, 'hits']] } } },
      text: `counter name ip saddr map { ${POD} : "hits" }`,
    },
  ],
  limit: [
    { body: { rate: 10, per: 'second', burst: 5 }, text: 'limit rate 10/second burst 5 packets' },
    { body: { rate: 1, per: 'week', inv: true }, text: 'limit rate over 1/week' },
    {
      body: { rate: 2, rate_unit: 'mbytes', per: 'minute', burst: 6, burst_unit: 'kbytes' },
      text: 'limit rate 2 mbytes/minute burst 6 kbytes',
    },
    {
      body: { rate: 2, rate_unit: 'kbytes', per: 'hour', burst: 6 },
      text: 'limit rate 2 kbytes/hour burst 6 bytes',
    },
    {
      body: { rate: 2, rate_unit: 'packets', per: 'day', burst: 0 },
      text: 'limit rate 2/day',
    },
    { body: 'slow', text: 'limit name "slow"' },
  ],
  quota: [
    { body: { val: 10 }, text: 'quota 10 bytes' },
    {
      body: { val: 10, val_unit: 'mbytes', used: 2, used_unit: 'kbytes', inv: true },
      text: 'quota over 10 mbytes used 2 kbytes',
    },
    { body: { val: 10, used: 2 }, text: 'quota 10 bytes used 2 bytes' },
    { body: 'monthly', text: 'quota name "monthly"' },
  ],
  last: [
    { body: null, text: 'last' },
    { body: { used: 1591 }, text: 'last used 1591ms' },
  ],
  'ct count': [
    { body: { val: 10 }, text: 'ct count 10' },
    { body: { val: 10, inv: true }, text: 'ct count over 10' },
  ],
  log: [
    { body: null, text: 'log' },
    {
      body: { prefix: 'dropped: ', level: 'info', flags: ['tcp sequence', 'skuid'] },
      text: 'log prefix "dropped: " level info flags tcp sequence flags skuid',
    },
    {
      body: { group: 1, snaplen: 64, 'queue-threshold': 10 },
      text: 'log group 1 snaplen 64 queue-threshold 10',
    },
  ],
  notrack: [{ body: null, text: 'notrack' }],
  flow: [{ body: { op: 'add', flowtable: '@fast' }, text: 'flow add @fast' }],
  fwd: [
    { body: { dev: 'eth0' }, text: 'fwd to "eth0"' },
    { body: { dev: 'eth0', family: 'ip', addr: NODE }, text: `fwd ip to ${NODE} device "eth0"` },
  ],
  dup: [
    { body: { addr: NODE }, text: `dup to ${NODE}` },
    { body: { addr: NODE, dev: 'eth0' }, text: `dup to ${NODE} device "eth0"` },
  ],
  queue: [
    { body: null, text: 'queue' },
    { body: { num: 1 }, text: 'queue to 1' },
    {
      body: { num: { range: [0, 3] }, flags: ['bypass', 'fanout'] },
      text: 'queue flags bypass,fanout to 0-3',
    },
  ],
  tproxy: [
    { body: { port: 80 }, text: 'tproxy to :80' },
    { body: { family: 'ip6', addr: POD6, port: 80 }, text: `tproxy ip6 to [${POD6}]:80` },
    { body: { family: 'ip', addr: POD }, text: `tproxy ip to ${POD}` },
  ],
  synproxy: [
    { body: null, text: 'synproxy' },
    {
      body: { mss: 1460, wscale: 7, flags: ['timestamp', 'sack-perm'] },
      text: 'synproxy mss 1460 wscale 7 timestamp sack-perm',
    },
    { body: 'shield', text: 'synproxy name "shield"' },
  ],
  reset: [{ body: { 'tcp option': { name: 'timestamp' } }, text: 'reset tcp option timestamp' }],
  meter: [
    {
      body: { name: 'talkers', key: saddr, stmt: { limit: { rate: 9, per: 'second' } }, size: 99 },
      text: 'meter talkers size 99 { ip saddr limit rate 9/second }',
    },
    {
      body: { name: 'talkers', key: saddr, stmt: { quota: { val: 9 } } },
      text: 'meter talkers { ip saddr quota 9 bytes }',
    },
    {
      body: { name: 'talkers', key: saddr, stmt: { 'ct count': { val: 9, inv: true } } },
      text: 'meter talkers { ip saddr ct count over 9 }',
    },
  ],
  'ct helper': [{ body: 'ftp-standard', text: 'ct helper set "ftp-standard"' }],
  'ct timeout': [{ body: 'patient', text: 'ct timeout set "patient"' }],
  'ct expectation': [{ body: 'expected', text: 'ct expectation set "expected"' }],
  secmark: [{ body: 'ssh', text: 'meta secmark set "ssh"' }],
};
