import { expect } from 'chai';
import type { Cidr } from '../../../rules/ip.ts';
import { randomMatch, renderRule, type Rule } from '../../../rules/iptables/rule.ts';
import { CLUSTER_CIDR } from '../../support/addresses.ts';

const PODS = CLUSTER_CIDR.IPv4;

describe('a rule as text', () => {
  const rows: readonly { name: string; rule: Rule; text: string }[] = [
    {
      name: 'names addresses, interface, protocol, comment, matches, port and verdict in this order',
      rule: {
        verdict: '-j X',
        port: 80,
        matches: ['-m mark --mark 0x1/0x1'],
        comment: 'a b',
        protocol: 'tcp',
        inInterface: 'cni0',
        destination: PODS,
        source: PODS,
      },
      text: `-s ${PODS} -d ${PODS} -i cni0 -p tcp -m comment --comment "a b" -m mark --mark 0x1/0x1 -m tcp --dport 80 -j X`,
    },
    {
      name: 'excludes what it is told to',
      rule: { source: { not: PODS }, inInterface: { not: 'veth+' } },
      text: `! -s ${PODS} ! -i veth+`,
    },
    {
      name: 'says nothing of every address',
      rule: { source: '0.0.0.0/0' as Cidr, destination: '::/0' as Cidr, verdict: '-j X' },
      text: '-j X',
    },
    {
      name: 'quotes no plain word',
      rule: { comment: 'a-b_1' },
      text: '-m comment --comment a-b_1',
    },
    {
      name: 'quotes and escapes what is more than a word',
      rule: { comment: `a"b\\c'd` },
      text: `-m comment --comment "a\\"b\\\\c\\'d"`,
    },
  ];
  for (const { name, rule, text } of rows) {
    it(name, () => {
      expect(renderRule(rule)).to.equal(text);
    });
  }

  it('cuts a comment that is longer than the kernel takes', () => {
    expect(renderRule({ comment: 'a'.repeat(300) })).to.have.length(
      '-m comment --comment '.length + 255,
    );
  });

  for (const count of [2, 3, 7, 1000]) {
    it(`gives each of ${count} endpoints the same share, as the kernel counts`, () => {
      let left = 1;
      for (let n = count; n > 0; n--) {
        const written = n === 1 ? 1 : Number(randomMatch(n).split(' ').at(-1));
        // What iptables makes of the text, and the kernel compares with 31 random bits.
        const chance = Math.round(written * 2 ** 31) / 2 ** 31;
        expect(left * chance).to.be.closeTo(1 / count, 1e-8);
        left *= 1 - chance;
      }
    });
  }

  it("writes a probability with the kernel's precision, as it is read back", () => {
    const text = (n: number): string | undefined => randomMatch(n).split(' ').at(-1);
    expect([2, 3, 7].map(text)).to.eql(['0.50000000000', '0.33333333349', '0.14285714272']);
  });
});
