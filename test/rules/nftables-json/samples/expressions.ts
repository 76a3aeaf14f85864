import type { Expression, ExpressionBodies } from '../../../../rules/nftables-json/index.ts';
import { POD, POD6, VIP, type Samples } from './sample.ts';

const mark: Expression = { meta: { key: 'mark' } };
const saddr: Expression = { payload: { protocol: 'ip', field: 'saddr' } };
const dport: Expression = { payload: { protocol: 'th', field: 'dport' } };

/** Every kind of expression that has a text. */
export const EXPRESSIONS: Samples<Omit<ExpressionBodies, 'unknown'>> = {
  accept: [{ body: null, text: 'accept' }],
  drop: [{ body: null, text: 'drop' }],
  continue: [{ body: null, text: 'continue' }],
  return: [{ body: null, text: 'return' }],
  jump: [{ body: { target: 'checks' }, text: 'jump checks' }],
  goto: [{ body: { target: 'endpoints-3' }, text: 'goto endpoints-3' }],
  payload: [
    { body: { protocol: 'tcp', field: 'dport' }, text: 'tcp dport' },
    { body: { protocol: 'th', field: 'dport' }, text: 'th dport' },
    { body: { base: 'nh', offset: 8, len: 16 }, text: '@nh,8,16' },
    { body: { tunnel: 'vxlan', protocol: 'ip', field: 'saddr' }, text: 'vxlan ip saddr' },
  ],
  exthdr: [
    { body: { name: 'frag' }, text: 'exthdr frag' },
    { body: { name: 'frag', field: 'id' }, text: 'frag id' },
    { body: { name: 'rt0', field: 'addr', offset: 1 }, text: 'rt0 addr[1]' },
  ],
  'tcp option': [
    { body: { name: 'sack' }, text: 'tcp option sack' },
    { body: { name: 'maxseg', field: 'size' }, text: 'tcp option maxseg size' },
    { body: { base: 255, offset: 8, len: 16 }, text: 'tcp option @255,8,16' },
  ],
  'ip option': [{ body: { name: 'lsrr', field: 'ptr' }, text: 'ip option lsrr ptr' }],
  'sctp chunk': [{ body: { name: 'init' }, text: 'sctp chunk init' }],
  'dccp option': [{ body: { type: 32 }, text: 'dccp option 32' }],
  meta: [
    { body: { key: 'l4proto' }, text: 'meta l4proto' },
    { body: { key: 'iifname' }, text: 'iifname' },
  ],
  ct: [
    { body: { key: 'state' }, text: 'ct state' },
    { body: { key: 'ip daddr', dir: 'original' }, text: 'ct original ip daddr' },
    { body: { key: 'saddr', dir: 'reply', family: 'ip6' }, text: 'ct reply ip6 saddr' },
  ],
  rt: [
    { body: { key: 'mtu' }, text: 'rt mtu' },
    { body: { key: 'nexthop', family: 'ip6' }, text: 'rt ip6 nexthop' },
  ],
  socket: [{ body: { key: 'transparent' }, text: 'socket transparent' }],
  osf: [
    { body: { key: 'name' }, text: 'osf name' },
    { body: { key: 'version', ttl: 'loose' }, text: 'osf ttl loose version' },
  ],
  ipsec: [
    { body: { key: 'reqid', dir: 'in' }, text: 'ipsec in reqid' },
    {
      body: { key: 'saddr', dir: 'out', family: 'ip', spnum: 1 },
      text: 'ipsec out spnum 1 ip saddr',
    },
  ],
  fib: [
    { body: { result: 'type', flags: ['daddr'] }, text: 'fib daddr type' },
    { body: { result: 'oif', flags: ['saddr', 'iif'] }, text: 'fib saddr . iif oif' },
  ],
  numgen: [
    { body: { mode: 'random', mod: 3, offset: 0 }, text: 'numgen random mod 3' },
    { body: { mode: 'inc', mod: 2, offset: 5 }, text: 'numgen inc mod 2 offset 5' },
  ],
  jhash: [
    { body: { mod: 2, expr: saddr }, text: 'jhash ip saddr mod 2' },
    {
      body: { mod: 8, seed: 7, offset: 1, expr: { concat: [saddr, dport] } },
      text: 'jhash ip saddr . th dport mod 8 seed 7 offset 1',
    },
  ],
  symhash: [{ body: { mod: 4, offset: 2 }, text: 'symhash mod 4 offset 2' }],
  concat: [
    { body: [VIP, 'tcp', 80], text: `${VIP} . tcp . 80` },
    {
      body: [saddr, { meta: { key: 'l4proto' } }, dport],
      text: 'ip saddr . meta l4proto . th dport',
    },
  ],
  prefix: [
    { body: { addr: VIP, len: 24 }, text: `${VIP}/24` },
    { body: { addr: POD6, len: 64 }, text: `${POD6}/64` },
  ],
  range: [{ body: [80, 90], text: '80-90' }],
  set: [
    { body: [80, { range: [90, 100] }], text: '{ 80, 90-100 }' },
    { body: [[80, { accept: null }]], text: '{ 80 : accept }' },
    { body: [{ '|': ['syn', 'ack'] }, 'syn'], text: '{ syn | ack, syn }' },
  ],
  map: [{ body: { key: saddr, data: '@pods' }, text: 'ip saddr map @pods' }],
  elem: [
    { body: { val: POD }, text: POD },
    {
      body: {
        val: { concat: [POD, 80] },
        counter: { packets: 3, bytes: 180 },
        timeout: 10800,
        expires: 7200,
        comment: 'default/web:http',
      },
      text: `${POD} . 80 counter packets 3 bytes 180 timeout 10800s expires 7200s comment "default/web:http"`,
    },
    { body: { val: POD, counter: null }, text: `${POD} counter` },
  ],
  '|': [
    { body: [mark, 0x4000], text: 'meta mark | 0x4000' },
    { body: [{ '&': [mark, 0xff] }, 0x4000], text: '(meta mark & 0xff) | 0x4000' },
    { body: ['syn', 'ack', 'fin'], text: 'syn | ack | fin' },
  ],
  '&': [
    { body: [mark, 9], text: 'meta mark & 9' },
    {
      body: [{ payload: { protocol: 'tcp', field: 'flags' } }, ['syn', 'ack']],
      text: 'tcp flags & (syn | ack)',
    },
  ],
  '^': [{ body: [mark, 10], text: 'meta mark ^ 0xa' }],
  '<<': [{ body: [mark, 4], text: 'meta mark << 4' }],
  '>>': [{ body: [mark, 16], text: 'meta mark >> 0x10' }],
};
