import { expect } from 'chai';
import fc from 'fast-check';
import { Ledger } from '../../../rules/diff/ledger.ts';
import { dispatchKey, slotChain, type Destination } from '../../../rules/iptables/dispatch-key.ts';
import { Dispatch } from '../../../rules/iptables/dispatch.ts';
import {
  cidrContains,
  IP_FAMILIES,
  ipBits,
  type Cidr,
  type Ip,
  type IpFamily,
} from '../../../rules/ip.ts';
import { clusterIp, externalIp } from '../../support/addresses.ts';

describe('a dispatch by destination', () => {
  for (const family of IP_FAMILIES) {
    it(`leads every destination to its rule, and others to none (${family})`, () => {
      fc.assert(
        fc.property(anyDestinations(family), anyDestinations(family), (claimed, others) => {
          const { rules, chains } = settled(family, claimed);
          for (const destination of [...claimed, ...others]) {
            const isClaimed = claimed.some((each) => textOf(each) === textOf(destination));
            const { found } = walk(rules, chains, destination);
            expect(found).to.eql(isClaimed ? [textOf(destination)] : []);
          }
        }),
        { numRuns: 30 },
      );
    });

    it(`makes the same chains whatever came and went before (${family})`, () => {
      fc.assert(
        fc.property(anyDestinations(family), anyDestinations(family), (kept, passing) => {
          const chains = new Ledger();
          const dispatch = createDispatch(family, chains);
          for (const each of passing) claim(dispatch, each);
          dispatch.settle();
          for (const each of kept) claim(dispatch, each);
          for (const each of passing) dispatch.release(dispatchKey(each), ruleOf(each));
          const rules = dispatch.settle();
          const fresh = settled(family, kept);
          expect(rules).to.eql(fresh.rules);
          expect(chainsIn(chains)).to.eql(fresh.chains);
        }),
        { numRuns: 50 },
      );
    });
  }

  it('is a plain list while there are few', () => {
    const { rules, chains } = settled('IPv4', services(8));
    expect(rules).to.have.length(8);
    expect(chains).to.be.empty;
  });

  it('evaluates few rules for each of very many Services', () => {
    const many = services(10_000);
    const { rules, chains } = settled('IPv4', many);
    const counts = many
      .filter((_, i) => i % 97 === 0)
      .map((each) => walk(rules, chains, each).evaluated);
    expect(Math.max(...counts)).to.be.below(50);
  });

  it('writes two or three chains for one more among very many', () => {
    const chains = new Ledger();
    const dispatch = createDispatch('IPv4', chains);
    for (const each of services(5_000)) claim(dispatch, each);
    dispatch.settle();
    chains.commit(chains.pending());
    claim(dispatch, { ip: externalIp('IPv4', 1), protocol: 'tcp', port: 80 });
    dispatch.settle();
    expect(chains.pending().length).to.be.within(1, 3);
  });

  it('splits the ports of one address too', () => {
    const ports = Array.from({ length: 500 }, (_, i): Destination => {
      return { ip: clusterIp('IPv4', 1), protocol: i % 2 === 0 ? 'tcp' : 'udp', port: 1 + i * 7 };
    });
    const { rules, chains } = settled('IPv4', ports);
    for (const each of ports) {
      const { found, evaluated } = walk(rules, chains, each);
      expect(found).to.eql([textOf(each)]);
      expect(evaluated).to.be.below(40);
    }
  });

  it('never goes deeper than nftables lets chains go, however the addresses lie', () => {
    // Each address leaves the others one bit later: the longest path that there can be.
    const ladder = Array.from({ length: 128 }, (_, bit): Destination => {
      const value = (1n << 127n) >> BigInt(bit);
      const groups = value.toString(16).padStart(32, '0').match(/.{4}/g) ?? [];
      return { ip: groups.join(':') as Ip, protocol: 'tcp', port: 80 };
    });
    const { rules, chains } = settled('IPv6', ladder);
    for (const each of ladder) {
      const { found, depth } = walk(rules, chains, each);
      expect(found).to.eql([textOf(each)]);
      expect(depth).to.be.at.most(9);
    }
  });

  it('gives a destination to the next in line when the first lets go of it', () => {
    const dispatch = createDispatch('IPv4', new Ledger());
    const key = dispatchKey({ ip: clusterIp('IPv4', 1), protocol: 'tcp', port: 80 });
    dispatch.claim(key, 'old');
    dispatch.claim(key, 'new');
    expect(dispatch.settle()).to.eql(['old']);
    dispatch.release(key, 'old');
    expect(dispatch.settle()).to.eql(['new']);
  });
});

describe("a dispatch chain's name", () => {
  const bits = ipBits(clusterIp('IPv4', 1));

  it('tells what it leads to where that fits', () => {
    const v4 = { family: 'IPv4', hasAddress: true } as const;
    const ports = { family: 'IPv4', hasAddress: false } as const;
    expect(slotChain('KUBE-SVC-', v4, bits.slice(0, 22))).to.equal('KUBE-SVC-10.96.0.0/22');
    expect(slotChain('KUBE-EXT-', ports, '0000')).to.equal('KUBE-EXT-tcp');
    expect(slotChain('KUBE-EXT-', ports, '0010' + '011101010011')).to.equal(
      'KUBE-EXT-sctp-30000-30015',
    );
  });

  it('is never longer than the kernel takes, and different for what is different', () => {
    const v6 = { family: 'IPv6', hasAddress: true } as const;
    const slots = [100, 126, 128, 132, 140].map((length) =>
      (ipBits(clusterIp('IPv6', 1)) + '0000' + '0'.repeat(16)).slice(0, length),
    );
    const names = slots.map((slot) => slotChain('KUBE-SVC-', v6, slot));
    expect(new Set(names)).to.have.property('size', slots.length);
    for (const name of names) expect(name).to.match(/^KUBE-SVC-[\w./-]{1,19}$/);
  });
});

// --- internal ---

type Chains = ReadonlyMap<string, readonly string[]>;

function anyDestinations(family: IpFamily): fc.Arbitrary<Destination[]> {
  return fc.uniqueArray(
    fc.record({
      ip: fc.oneof(
        fc.nat(300).map((number) => clusterIp(family, number)),
        fc.nat(30).map((number) => externalIp(family, number)),
      ),
      protocol: fc.constantFrom('tcp', 'udp', 'sctp'),
      port: fc.constantFrom(53, 80, 443, 8080),
    }),
    { maxLength: 60, selector: textOf },
  );
}

function services(count: number): Destination[] {
  return Array.from({ length: count }, (_, i) => {
    return { ip: clusterIp('IPv4', i + 1), protocol: 'tcp', port: 80 };
  });
}

function textOf({ ip, protocol, port }: Destination): string {
  return `${ip ?? ''} ${protocol} ${port}`;
}

/** Rules of tests are what they are for. */
function ruleOf(destination: Destination): string {
  return textOf(destination);
}

function claim(dispatch: Dispatch, destination: Destination): void {
  dispatch.claim(dispatchKey(destination), ruleOf(destination));
}

function createDispatch(family: IpFamily, chains: Ledger): Dispatch {
  return new Dispatch({ family, chains, table: 'nat', prefix: 'KUBE-SVC-', hasAddress: true });
}

function settled(
  family: IpFamily,
  destinations: readonly Destination[],
): { rules: readonly string[]; chains: Chains } {
  const ledger = new Ledger();
  const dispatch = createDispatch(family, ledger);
  for (const each of destinations) claim(dispatch, each);
  return { rules: dispatch.settle(), chains: chainsIn(ledger) };
}

function chainsIn(ledger: Ledger): Chains {
  const chains = [...(ledger.wanted.get('nat')?.values() ?? [])];
  return new Map(
    chains.map(({ key, value }): [string, string[]] => [key, value.split('\n')]).sort(),
  );
}

/** Where a packet to this destination comes, as iptables would lead it. */
function walk(
  rules: readonly string[],
  chains: Chains,
  destination: Destination,
): { found: string[]; evaluated: number; depth: number } {
  let [evaluated, deepest] = [0, 0];
  const found: string[] = [];
  const visit = (list: readonly string[], depth: number): void => {
    deepest = Math.max(deepest, depth);
    for (const rule of list) {
      evaluated += 1;
      const target = / -[jg] (\S+)$/.exec(` ${rule}`)?.[1];
      if (target === undefined) {
        if (rule !== textOf(destination)) continue;
        found.push(rule);
        return;
      }
      if (!matches(rule, destination)) continue;
      visit(chains.get(target) ?? [], depth + 1);
      if (found.length > 0 || rule.includes('-g ')) return;
    }
  };
  visit(rules, 0);
  return { found, evaluated, depth: deepest };
}

function matches(rule: string, { ip, protocol, port }: Destination): boolean {
  const network = /-d (\S+)/.exec(rule)?.[1] as Cidr | undefined;
  const wantedProtocol = /-p (\S+)/.exec(rule)?.[1];
  const [first, last] = /--dport (\d+)(?::(\d+))?/.exec(rule)?.slice(1) ?? [];
  return (
    (network === undefined || (ip !== undefined && cidrContains(network, ip))) &&
    (wantedProtocol === undefined || wantedProtocol === protocol) &&
    (first === undefined || (port >= Number(first) && port <= Number(last ?? first)))
  );
}
