import { expect } from 'chai';
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
  renderCommand,
  snat,
  vmap,
  type Statement,
} from '../../../rules/nftables-json/index.ts';
import { clusterIp, podIp } from '../../support/addresses.ts';

const VIP = clusterIp('IPv4', 1);
const POD = podIp('IPv4', 1, 1);
const POD6 = podIp('IPv6', 1, 1);
const daddr = payload('ip', 'daddr');
const mark = meta('mark');
const frontend = concat(daddr, meta('l4proto'), payload('th', 'dport'));

describe('nftables-json builders', () => {
  const cases: { name: string; expr: Statement[]; text: string }[] = [
    {
      name: 'a lookup in a verdict map',
      expr: [vmap(frontend, ref('service-ips'))],
      text: 'ip daddr . meta l4proto . th dport vmap @service-ips',
    },
    {
      name: 'node ports',
      expr: [
        match(fib('type', ['daddr']), '==', 'local'),
        match(daddr, '!=', prefix(VIP, 8)),
        vmap(payload('th', 'dport'), anonymousSet([80, accept()], [81, goto('web')])),
      ],
      text: `fib daddr type local ip daddr != ${VIP}/8 th dport vmap { 80 : accept, 81 : goto web }`,
    },
    {
      name: 'the choice of an endpoint',
      expr: [
        dnat({
          family: 'ip',
          addr: mapLookup(concat(daddr, numgen('random', 3)), ref('endpoints')),
        }),
      ],
      text: 'dnat ip to ip daddr . numgen random mod 3 map @endpoints',
    },
    {
      name: 'masquerading by a mark',
      expr: [
        match({ '&': [mark, 0x4000] }, '!=', 0),
        mangle(mark, { '^': [mark, 0x4000] }),
        masquerade({ flags: ['fully-random'] }),
      ],
      text: 'meta mark & 0x4000 != 0 meta mark set meta mark ^ 0x4000 masquerade fully-random',
    },
    {
      name: 'what conntrack knows',
      expr: [
        match(ct('state'), 'in', 'new'),
        match(ct('ip daddr', 'original'), '==', VIP),
        counter(),
        jump('checks'),
      ],
      text: `ct state new ct original ip daddr ${VIP} counter jump checks`,
    },
    { name: 'an end', expr: [drop()], text: 'drop' },
    { name: 'an answer', expr: [reject()], text: 'reject' },
    {
      name: 'a certain answer',
      expr: [reject({ type: 'tcp reset' })],
      text: 'reject with tcp reset',
    },
    { name: 'a plain masquerade', expr: [masquerade()], text: 'masquerade' },
    {
      name: 'another source',
      expr: [match(meta('oifname'), '==', 'veth*'), snat({ family: 'ip6', addr: POD6, port: 80 })],
      text: `oifname "veth*" snat ip6 to [${POD6}]:80`,
    },
    {
      name: 'learning',
      expr: [
        match(meta('l4proto'), '==', 'tcp'),
        {
          map: {
            op: 'update',
            elem: { elem: { val: concat(ct('ip saddr', 'original'), daddr), timeout: 10800 } },
            data: concat(POD, 80),
            map: ref('affinity'),
          },
        },
      ],
      text:
        'meta l4proto tcp update @affinity { ct original ip saddr . ip daddr timeout 10800s : ' +
        `${POD} . 80 }`,
    },
  ];
  for (const { name, expr, text } of cases) {
    it(`write ${name}`, () => {
      const rule = { family: 'ip', table: 'shop', chain: 'entry', expr } as const;
      expect(renderCommand({ rule })).to.equal(`add rule ip shop entry ${text}`);
    });
  }
});
