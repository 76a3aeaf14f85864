import { expect } from 'chai';
import { fixedRules } from '../../../rules/nftables/fixed-rules.ts';
import {
  chainsBehind,
  parseSharedChainName,
  sharedChainName,
  slotsOf,
  type SharedChain,
} from '../../../rules/nftables/shared-chains.ts';
import { makeSettings } from './support/settings.ts';

const CHAINS: readonly { readonly name: string; readonly chain: SharedChain }[] = [
  { name: 'tcp-endpoints-3', chain: balancing({ count: 3 }) },
  { name: 'tcp-local-endpoints-1', chain: balancing({ count: 1, isLocal: true }) },
  { name: 'tcp-nodeport-endpoints-12', chain: balancing({ count: 12, isNodePort: true }) },
  {
    name: 'tcp-nodeport-local-endpoints-2',
    chain: balancing({ count: 2, isNodePort: true, isLocal: true }),
  },
  {
    name: 'tcp-affinity-endpoints-3-10800',
    chain: balancing({ count: 3, affinitySeconds: 10_800 }),
  },
  {
    name: 'tcp-local-affinity-endpoints-3-1',
    chain: balancing({ count: 3, isLocal: true, affinitySeconds: 1 }),
  },
  {
    name: 'tcp-nodeport-affinity-endpoints-3-600',
    chain: balancing({ count: 3, isNodePort: true, affinitySeconds: 600 }),
  },
  {
    name: 'tcp-nodeport-local-affinity-endpoints-3-600',
    chain: balancing({ count: 3, isNodePort: true, isLocal: true, affinitySeconds: 600 }),
  },
  { name: 'udp-endpoints-3', chain: balancing({ protocol: 'udp', count: 3 }) },
  {
    name: 'tcp-affinity-slot-0-600',
    chain: { kind: 'slot', protocol: 'tcp', isNodePort: false, slot: 0, affinitySeconds: 600 },
  },
  {
    name: 'tcp-nodeport-affinity-slot-65537-86400',
    chain: {
      kind: 'slot',
      protocol: 'tcp',
      isNodePort: true,
      slot: 65_537,
      affinitySeconds: 86_400,
    },
  },
];

describe('shared chains', () => {
  for (const { name, chain } of CHAINS) {
    it(`are known by their names alone: ${name}`, () => {
      expect(sharedChainName(chain)).to.equal(name);
      expect(parseSharedChainName(name)).to.deep.equal(chain);
    });
  }

  const STRANGERS = [
    '',
    'endpoints-3',
    'icmp-endpoints-3',
    'tcp-endpoints-',
    'tcp-endpoints-x',
    'my-endpoints-3',
    'tcp-endpoints-3-600',
    'tcp-endpoints-3x',
    'tcp-local-nodeport-endpoints-3',
    'tcp-affinity-endpoints-3',
    'tcp-local-affinity-slot-1-600',
    'tcp-affinity-slot-1',
    ...fixedRules('IPv4', makeSettings('IPv4')).map(({ chain }) => chain),
  ];
  for (const name of STRANGERS) {
    it(`are not taken for what is called "${name}"`, () => {
      expect(parseSharedChainName(name)).to.be.undefined;
    });
  }

  it('draw from slots that begin at 0 for endpoints anywhere, elsewhere for those on this node', () => {
    expect(slotsOf(balancing({ count: 2 }))).to.deep.equal([0, 1]);
    expect(slotsOf(balancing({ count: 2, isLocal: true }))).to.deep.equal([65_536, 65_537]);
  });

  it('have a chain for each slot behind them where clients are sticky', () => {
    const chain = balancing({ count: 2, isLocal: true, isNodePort: true, affinitySeconds: 600 });
    const behind = chainsBehind(chain);
    expect(behind.map(sharedChainName)).to.deep.equal([
      'tcp-nodeport-affinity-slot-65536-600',
      'tcp-nodeport-affinity-slot-65537-600',
    ]);
    expect(behind.flatMap(chainsBehind)).to.deep.equal([]);
  });

  it('have no others behind them where clients are not', () => {
    expect(chainsBehind(balancing({ count: 2 }))).to.deep.equal([]);
  });
});

// --- internal ---

function balancing(fields: Partial<SharedChain> = {}): SharedChain & { kind: 'endpoints' } {
  return {
    protocol: 'tcp',
    isNodePort: false,
    isLocal: false,
    count: 1,
    affinitySeconds: undefined,
    ...fields,
    kind: 'endpoints',
  };
}
