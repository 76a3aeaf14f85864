import { expect } from 'chai';
import { KernelError } from '../../../agent/kernel/kernel-error.ts';
import { IptablesTransport } from '../../../agent/kernel/iptables-transport.ts';
import type { Variant, VariantName } from '../../../agent/kernel/iptables-variant.ts';
import type { IpFamily } from '../../../rules/ip.ts';
import type { ChainTransaction } from '../../../rules/iptables/transaction.ts';

describe('runs of iptables', () => {
  it('come one after another in the legacy variant, which has one lock for both families', async () => {
    const { transport, mostAtOnce } = createTransport('legacy');
    await Promise.all([transport.apply(nothing('IPv4')), transport.apply(nothing('IPv6'))]);
    expect(mostAtOnce()).to.equal(1);
  });

  it('go on after one that failed', async () => {
    const { transport } = createTransport('legacy', 'ip6tables-legacy-restore');
    const results = await Promise.allSettled([
      transport.apply(nothing('IPv6')),
      transport.apply(nothing('IPv4')),
    ]);
    expect(results.map(({ status }) => status)).to.eql(['rejected', 'fulfilled']);
  });

  it('do not wait for each other in the nft variant', async () => {
    const { transport, mostAtOnce } = createTransport('nft');
    await Promise.all([transport.apply(nothing('IPv4')), transport.apply(nothing('IPv6'))]);
    expect(mostAtOnce()).to.equal(2);
  });
});

describe('looking for canaries', () => {
  it('leaves a table that is slow to answer alone for fifty times as long', async () => {
    let nowMs = 0;
    const asked: string[] = [];
    const run = (program: string, args: readonly string[]) => {
      const table = args[args.indexOf('-t') + 1] ?? '';
      asked.push(`${program} ${table}`);
      nowMs += table === 'nat' ? 600 : 1;
      return Promise.resolve({ exitCode: 0, stdout: '-A KUBE-PROXY-CANARY -j x', stderr: '' });
    };
    const seams = { run, files: { read: () => '' } };
    const transport = new IptablesTransport(seams, chooseLegacy, () => nowMs);
    const askedIn = async (family: IpFamily): Promise<string[]> => {
      asked.length = 0;
      expect(await transport.isIntact(family)).to.equal(true);
      return asked.filter((each) => each.endsWith('nat'));
    };
    expect(await askedIn('IPv4')).to.eql(['iptables-legacy nat']);
    expect(await askedIn('IPv6')).to.eql(['ip6tables-legacy nat']);
    nowMs += 28_000;
    expect(await askedIn('IPv4')).to.be.empty;
    expect(asked).to.eql(['iptables-legacy filter', 'iptables-legacy mangle']);
    nowMs += 2000;
    expect(await askedIn('IPv4')).to.eql(['iptables-legacy nat']);
  });
});

describe('a family', () => {
  const ANSWERS = [
    { exitCode: 0, stderr: '', obstacle: undefined },
    {
      exitCode: 4,
      stderr: 'Another app is currently holding the xtables lock.',
      obstacle: undefined,
    },
    {
      exitCode: 2,
      stderr:
        "ip6tables-restore v1.8.9 (legacy): ip6tables-restore: unable to initialize table 'nat'",
      obstacle: "ip6tables-restore: unable to initialize table 'nat'",
    },
  ];
  for (const { exitCode, stderr, obstacle } of ANSWERS) {
    it(`can${obstacle === undefined ? '' : 'not'} be served where ip6tables ends with ${exitCode}`, async () => {
      const run = () => Promise.resolve({ exitCode, stdout: '', stderr });
      const transport = new IptablesTransport({ run, files: { read: () => '' } }, chooseLegacy);
      expect(await transport.obstacleTo('IPv6')).to.equal(obstacle);
    });
  }

  it('can be served, as far as is known, where ip6tables could not be asked', async () => {
    const run = () => Promise.reject(new KernelError('timeout', 'it took too long'));
    const transport = new IptablesTransport({ run, files: { read: () => '' } }, chooseLegacy);
    expect(await transport.obstacleTo('IPv6')).to.equal(undefined);
  });
});

// --- internal ---

function nothing(family: IpFamily): ChainTransaction {
  return { family, tables: [] };
}

/** A transport whose programs take a while; one of them cannot be run. */
function createTransport(name: VariantName, broken?: string) {
  let running = 0;
  let most = 0;
  const run = async (program: string) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (program === broken) throw new Error('it was killed');
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  const seams = { run, files: { read: () => '' } };
  const transport = new IptablesTransport(seams, () => choose(name));
  return { transport, mostAtOnce: () => most };
}

function choose(name: VariantName): Promise<Variant> {
  return Promise.resolve({ name, suffix: `-${name}`, version: '1.8.9' });
}

function chooseLegacy(): Promise<Variant> {
  return choose('legacy');
}
