import { expect } from 'chai';
import type { VariantSeams } from '../../../agent/kernel/iptables-variant.ts';
import { KernelError } from '../../../agent/kernel/kernel-error.ts';
import type { RunNft } from '../../../agent/kernel/nft-process.ts';
import { findRivals } from '../../../agent/node/rivals.ts';
import { SIGNATURE } from '../../../rules/iptables/names.ts';

/** A kernel without tables of the legacy variant. */
const NO_LEGACY: VariantSeams['files'] = {
  read: () => {
    throw new Error('no such file');
  },
};

const OF_KUBE_PROXY = '-j MARK --set-xmark 0x4000/0x4000';
const OURS = `-m comment --comment "${SIGNATURE}" ${OF_KUBE_PROXY}`;

describe('findRivals', () => {
  const CASES: readonly {
    readonly name: string;
    readonly nft?: RunNft;
    readonly iptables?: VariantSeams;
    readonly rivals: readonly string[];
  }[] = [
    { name: 'nothing in an empty kernel', rivals: [] },
    {
      name: 'a table of nftables that is called kube-proxy',
      nft: nftOf('"table": "kube-proxy"'),
      rivals: ['kube-proxy has tables of nftables'],
    },
    {
      name: 'chains of iptables without our comment, in the family that has them',
      nft: nftOf('"name": "KUBE-SERVICES"'),
      iptables: iptablesOf({ 'ip6tables-nft-save': OF_KUBE_PROXY }),
      rivals: ['kube-proxy has chains in ip6tables-nft'],
    },
    {
      name: 'nothing in chains of iptables with our comment',
      nft: nftOf('"name": "KUBE-SERVICES"'),
      iptables: iptablesOf({ 'iptables-nft-save': OURS, 'ip6tables-nft-save': OURS }),
      rivals: [],
    },
    {
      name: 'chains by iptables-nft where there is no iptables to tell whose they are',
      nft: nftOf('"name": "KUBE-SERVICES"'),
      iptables: { run: () => Promise.reject(missing('iptables-missing')), files: NO_LEGACY },
      rivals: ["chains of kube-proxy's names, by iptables-nft"],
    },
    {
      name: 'nothing where neither program is installed',
      nft: () => Promise.reject(missing('nft-missing')),
      iptables: { run: () => Promise.reject(missing('iptables-missing')), files: NO_LEGACY },
      rivals: [],
    },
  ];
  for (const { name, nft = nftOf(''), iptables = iptablesOf({}), rivals } of CASES) {
    it(`finds ${name}`, async () => {
      const found = await findRivals(nft, iptables);
      expect(found.map(({ what }) => what)).to.deep.equal(rivals);
      for (const { level, advice } of found) {
        expect(level).to.equal('warning');
        expect(advice).to.match(/docs\/migrate\.md|install iptables/);
      }
    });
  }

  it('does not take a bug for a finding', async () => {
    const bug = new RangeError('a bug');
    const failing = findRivals(() => Promise.reject(bug), iptablesOf({}));
    expect(await failing.catch((error: unknown) => error)).to.equal(bug);
  });
});

// --- internal ---

/** An nft that lists a chain of which this is said. */
function nftOf(chain: string): RunNft {
  const stdout = `{"nftables": [{"chain": {${chain}}}]}`;
  return () => Promise.resolve({ exitCode: 0, stdout, stderr: '' });
}

/** An iptables of the nft variant that saves this rule of KUBE-MARK-MASQ, by program. */
function iptablesOf(rules: Readonly<Record<string, string>>): VariantSeams {
  return {
    run: (program, [first]) => {
      if (first === '--version') {
        const isThere = program === 'iptables-nft';
        if (!isThere) return Promise.reject(missing('iptables-missing'));
        return Promise.resolve({ exitCode: 0, stdout: 'iptables v1.8.9 (nf_tables)', stderr: '' });
      }
      const rule = rules[program];
      const stdout =
        rule === undefined
          ? ''
          : `*nat\n:KUBE-MARK-MASQ - [0:0]\n-A KUBE-MARK-MASQ ${rule}\nCOMMIT\n`;
      return Promise.resolve({ exitCode: 0, stdout, stderr: '' });
    },
    files: NO_LEGACY,
  };
}

function missing(code: 'nft-missing' | 'iptables-missing'): KernelError {
  return new KernelError(code, 'there is no such program');
}
