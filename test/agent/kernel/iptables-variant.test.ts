import { expect } from 'chai';
import {
  chooseVariant,
  findVariants,
  programOf,
  type VariantSeams,
} from '../../../agent/kernel/iptables-variant.ts';
import { KernelError } from '../../../agent/kernel/kernel-error.ts';
import { rejectionOf } from '../../support/rejection.ts';

const NFT = { name: 'nft', suffix: '-nft', version: '1.8.9' } as const;
const LEGACY = { name: 'legacy', suffix: '-legacy', version: '1.8.9' } as const;

describe('the variants of iptables', () => {
  it('are both found where both are installed', async () => {
    expect([...(await findVariants(machine({}).run)).values()]).to.eql([NFT, LEGACY]);
  });

  it('are one where the only iptables has no suffix', async () => {
    const { run } = machine({ programs: { iptables: 'iptables v1.8.10 (nf_tables)' } });
    expect([...(await findVariants(run)).values()]).to.eql([
      { name: 'nft', suffix: '', version: '1.8.10' },
    ]);
  });

  it('are the legacy one where a version is older than the difference', async () => {
    const { run } = machine({ programs: { iptables: 'iptables v1.6.2' } });
    expect([...(await findVariants(run)).keys()]).to.eql(['legacy']);
  });

  it('have programs by family and tool', () => {
    expect(programOf(NFT, 'IPv6', '-restore')).to.equal('ip6tables-nft-restore');
    expect(programOf({ ...NFT, suffix: '' }, 'IPv4', '-save')).to.equal('iptables-save');
  });
});

describe('the variant to use', () => {
  const cases: readonly { name: string; chains: Chains; chosen: 'nft' | 'legacy' }[] = [
    { name: 'nft, where nothing tells', chains: {}, chosen: 'nft' },
    {
      name: "that of kubelet's hint",
      chains: { 'iptables-legacy-save mangle': ['KUBE-IPTABLES-HINT'] },
      chosen: 'legacy',
    },
    {
      name: "that of kubelet's canary, in IPv6 too",
      chains: { 'ip6tables-legacy-save mangle': ['KUBE-KUBELET-CANARY'] },
      chosen: 'legacy',
    },
    {
      name: 'that of the hint rather than that of rules for Services',
      chains: {
        'iptables-legacy-save nat': ['KUBE-SERVICES'],
        'iptables-nft-save mangle': ['KUBE-IPTABLES-HINT'],
      },
      chosen: 'nft',
    },
    {
      name: 'that which has rules for Services, without a hint',
      chains: { 'iptables-legacy-save nat': ['KUBE-SERVICES'] },
      chosen: 'legacy',
    },
  ];
  for (const { name, chains, chosen } of cases) {
    it(`is ${name}`, async () => {
      expect((await chooseVariant('auto', machine({ chains }))).name).to.equal(chosen);
    });
  }

  it('is the one that is asked for, whatever kubelet uses', async () => {
    const seams = machine({ chains: { 'iptables-nft-save mangle': ['KUBE-IPTABLES-HINT'] } });
    expect(await chooseVariant('legacy', seams)).to.eql(LEGACY);
  });

  it('is not there where it is not installed', async () => {
    const seams = machine({ programs: { 'iptables-nft': 'iptables v1.8.9 (nf_tables)' } });
    const error = await rejectionOf(chooseVariant('legacy', seams), KernelError);
    expect(error.code).to.equal('iptables-missing');
    expect(error.message).to.include('iptables-legacy');
  });

  it('is looked for without making legacy tables that nobody uses', async () => {
    const { asked, ...seams } = machine({});
    await chooseVariant('auto', seams);
    expect(asked.filter((command) => command.startsWith('iptables-legacy-save'))).to.be.empty;
  });
});

// --- internal ---

/** Chains by program and table. */
type Chains = Readonly<Record<string, readonly string[]>>;

const BOTH = {
  'iptables-nft': 'iptables v1.8.9 (nf_tables)',
  'iptables-legacy': 'iptables v1.8.9 (legacy)',
  iptables: 'iptables v1.8.9 (nf_tables)',
};

/** A machine with these programs, by their versions, and these chains; the rest it does not have. */
function machine({
  programs = BOTH,
  chains = {},
}: {
  readonly programs?: Readonly<Record<string, string>>;
  readonly chains?: Chains;
}): VariantSeams & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    run: (program, args) => {
      asked.push([program, ...args].join(' '));
      const names = chains[`${program} ${args.at(-1)}`] ?? [];
      const stdout = args.includes('--version')
        ? programs[program]
        : names.map((name) => `:${name} - [0:0]\n`).join('');
      if (stdout === undefined) {
        return Promise.reject(new KernelError('iptables-missing', `there is no ${program}`));
      }
      return Promise.resolve({ exitCode: 0, stdout, stderr: '' });
    },
    files: {
      read: (path) => {
        const program = path.includes('ip6') ? 'ip6tables' : 'iptables';
        const tables = Object.keys(chains)
          .filter((key) => key.startsWith(`${program}-legacy-save `))
          .map((key) => key.split(' ')[1] ?? '');
        return tables.join('\n');
      },
    },
  };
}
