import { expect } from 'chai';
import {
  countedRules,
  INVALID_DROP,
  LOCALHOST_ACCEPTED,
  packetsIn,
} from '../../../rules/iptables/counted-rules.ts';
import type { ChainOptions } from '../../../rules/iptables/settings.ts';
import type { IpFamily } from '../../../rules/ip.ts';
import { makeSettings } from '../nftables/support/settings.ts';

/** As iptables prints it, of either variant. */
const LISTING = `-N KUBE-FORWARD
-A KUBE-FORWARD -m conntrack --ctstate INVALID -c 17 1020 -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -c 3 180 -j ACCEPT
`;

describe('the packets that a rule has met', () => {
  it('are those of the rule, and of no other', () => {
    expect(packetsIn(LISTING, INVALID_DROP)).to.equal(17);
  });

  it('are told of a rule without a verdict too', () => {
    const { chain, rule } = LOCALHOST_ACCEPTED;
    expect(packetsIn(`-N ${chain}\n-A ${chain} ${rule} -c 4 240\n`, LOCALHOST_ACCEPTED)).to.equal(
      4,
    );
  });

  it('are unknown where the rule is not', () => {
    expect(packetsIn('', INVALID_DROP)).to.equal(undefined);
    expect(packetsIn(LISTING, LOCALHOST_ACCEPTED)).to.equal(undefined);
    expect(packetsIn(LISTING.replace('INVALID', 'NEW'), INVALID_DROP)).to.equal(undefined);
  });
});

describe('the rules that are counted', () => {
  const ALL: ChainOptions = { allowsLocalhostNodePorts: true, dropsInvalid: true };
  const CASES: readonly {
    readonly name: string;
    readonly family: IpFamily;
    readonly options: ChainOptions;
    readonly counted: readonly string[];
  }[] = [
    {
      name: 'both in IPv4',
      family: 'IPv4',
      options: ALL,
      counted: ['invalid dropped', 'localhost accepted'],
    },
    {
      name: 'one in IPv6, which has no node ports at localhost',
      family: 'IPv6',
      options: ALL,
      counted: ['invalid dropped'],
    },
    {
      name: 'one where conntrack is liberal',
      family: 'IPv4',
      options: { ...ALL, dropsInvalid: false },
      counted: ['localhost accepted'],
    },
    {
      name: 'one where localhost is not to be served',
      family: 'IPv4',
      options: { ...ALL, allowsLocalhostNodePorts: false },
      counted: ['invalid dropped'],
    },
  ];
  for (const { name, family, options, counted } of CASES) {
    it(`are ${name}`, () => {
      const settings = { ...makeSettings(family), nodePorts: EVERYWHERE, ...options };
      expect([...countedRules(family, settings).keys()]).to.deep.equal(counted);
    });
  }
});

// --- internal ---

const EVERYWHERE = { matchAll: true } as const;
