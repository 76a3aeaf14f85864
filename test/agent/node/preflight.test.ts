import { expect } from 'chai';
import { KernelError } from '../../../agent/kernel/kernel-error.ts';
import type { NftResult, RunNft } from '../../../agent/kernel/nft-process.ts';
import { KERNEL_FEATURES, probeScript } from '../../../agent/node/kernel-features.ts';
import { preflight, type Finding } from '../../../agent/node/preflight.ts';
import type { System } from '../../../agent/node/system.ts';

const OK: NftResult = { exitCode: 0, stdout: '', stderr: '' };

describe('preflight', () => {
  it('finds nothing wrong with a machine that has everything', async () => {
    const findings = await preflight(nftOf(), systemOf());
    expect(findings.map(({ level }) => level)).to.not.include.members(['missing', 'warning']);
    expect(findings.map(({ what }) => what)).to.include.members([
      'nft 1.0.6',
      'privilege to change netfilter',
      'kernel 6.1.0-18-amd64',
      'net.ipv4.ip_forward = 1',
    ]);
    expect(findings.every(({ advice }) => advice === '')).to.be.true;
  });

  it('tries every kernel feature, each by a dry run', async () => {
    const scripts: string[] = [];
    const nft = nftOf({
      probe: (args, input) => {
        expect(args).to.deep.equal(['-c', '-f', '-']);
        scripts.push(input);
        return OK;
      },
    });
    await preflight(nft, systemOf());
    expect(scripts).to.deep.equal(KERNEL_FEATURES.map(probeScript));
  });

  const CASES: readonly {
    readonly name: string;
    readonly nft?: RunNft;
    readonly system?: System;
    readonly findings: readonly Finding[];
  }[] = [
    {
      name: 'nft is not installed',
      nft: () => Promise.reject(new KernelError('nft-missing', 'there is no program nft')),
      findings: [
        {
          level: 'missing',
          what: 'nft',
          advice: 'there is no program nft (Debian, Ubuntu: apt-get install nftables)',
        },
      ],
    },
    {
      name: 'nft is too old',
      nft: nftOf({ version: 'nftables v0.9.8 (E.D.S.)' }),
      findings: [
        {
          level: 'missing',
          what: 'nft 0.9.8',
          advice: 'version 1.0.1 or later is needed: upgrade nftables',
        },
      ],
    },
    {
      name: 'nft is just new enough',
      nft: nftOf({ version: 'nftables v1.0.1 (Fearless Fosdick #3)' }),
      findings: [],
    },
    {
      name: 'nft has a version of two parts',
      nft: nftOf({ version: 'nftables v1.1 (Commodore Bullmoose)' }),
      findings: [],
    },
    {
      name: 'nft says no version',
      nft: nftOf({ version: 'hello' }),
      findings: [
        {
          level: 'missing',
          what: 'nft unknown',
          advice: 'version 1.0.1 or later is needed: upgrade nftables',
        },
      ],
    },
    {
      name: 'we are not root',
      nft: nftOf({ list: failure('Operation not permitted (you must be root)\n') }),
      findings: [
        {
          level: 'missing',
          what: 'privilege to change netfilter',
          advice: 'Operation not permitted (you must be root): run as root, or with CAP_NET_ADMIN',
        },
      ],
    },
    {
      name: 'the kernel is too old',
      system: systemOf({ release: '5.10.0-28-amd64' }),
      findings: [
        {
          level: 'missing',
          what: 'kernel 5.10.0-28-amd64',
          advice:
            'version 5.13 or later is needed: upgrade, or set ' +
            'KUBE_PROXY_NFTABLES_SKIP_KERNEL_VERSION_CHECK=1 to try anyway',
        },
      ],
    },
    {
      name: 'the kernel is too old and somebody knows better',
      system: systemOf({
        release: '5.10.0',
        env: { KUBE_PROXY_NFTABLES_SKIP_KERNEL_VERSION_CHECK: '1' },
      }),
      findings: [
        {
          level: 'warning',
          what: 'kernel 5.10.0',
          advice:
            'version 5.13 or later is needed; KUBE_PROXY_NFTABLES_SKIP_KERNEL_VERSION_CHECK is set',
        },
      ],
    },
    {
      name: 'the kernel cannot masquerade IPv6',
      nft: nftOf({
        probe: (_, input) =>
          input.includes('masquerade') && input.includes(' ip6 ')
            ? failure('/dev/stdin:3:1-9: Error: Could not process rule: Not supported\n')
            : OK,
      }),
      findings: [
        {
          level: 'missing',
          what: 'kernel, ip6: masquerade',
          advice:
            'needs CONFIG_NFT_MASQ (a module may have to be loaded); ' +
            'nft says: Could not process rule: Not supported',
        },
      ],
    },
    {
      name: 'packets are not forwarded',
      system: systemOf({ sysctls: { 'net/ipv4/ip_forward': '0' } }),
      findings: [
        {
          level: 'warning',
          what: 'net.ipv4.ip_forward = 0',
          advice:
            'IPv4 traffic is not forwarded to pods: sysctl -w net.ipv4.ip_forward=1 ' +
            '(a CNI may do it when it starts)',
        },
      ],
    },
    {
      name: 'a sysctl does not exist, as without the bridge module',
      system: systemOf({ sysctls: { 'net/bridge/bridge-nf-call-iptables': undefined } }),
      findings: [],
    },
  ];
  for (const { name, nft = nftOf(), system = systemOf(), findings } of CASES) {
    it(`says what to do when ${name}`, async () => {
      const found = await preflight(nft, system);
      expect(found.filter(({ level }) => level !== 'ok')).to.deep.equal(findings);
    });
  }

  it('takes an nft that dies of a probe for a feature that is missing', async () => {
    const nft = nftOf({
      probe: () => {
        throw new KernelError('crashed', 'nft was ended by SIGABRT');
      },
    });
    const missing = (await preflight(nft, systemOf())).filter(({ level }) => level === 'missing');
    expect(missing).to.have.lengthOf(KERNEL_FEATURES.length);
    expect(missing[0]?.advice).to.match(/; nft was ended by SIGABRT$/);
  });

  it('does not take a bug for a finding', async () => {
    const bug = new RangeError('a bug');
    const failing = preflight(() => Promise.reject(bug), systemOf());
    expect(await failing.catch((error: unknown) => error)).to.equal(bug);
  });
});

describe('the probes of kernel features', () => {
  for (const feature of KERNEL_FEATURES) {
    it(`make only a table that is nobody’s: ${feature.family}, ${feature.name}`, () => {
      for (const line of probeScript(feature).trimEnd().split('\n')) {
        expect(line).to.match(
          new RegExp(`^add (table|chain|rule|set|map) ${feature.family} switchyard-probe\\b`),
        );
      }
    });
  }
});

// --- internal ---

/** An nft that finds everything in order, but for what is given. */
function nftOf({
  version = 'nftables v1.0.6 (Lester Gooch #5)',
  list = { ...OK, stdout: '{"nftables": []}' },
  probe = (): NftResult => OK,
}: {
  readonly version?: string;
  readonly list?: NftResult;
  readonly probe?: (args: readonly string[], input: string) => NftResult;
} = {}): RunNft {
  return async (args, input = '') => {
    if (args[0] === '--version') return Promise.resolve({ ...OK, stdout: `${version}\n` });
    return args.includes('list') ? list : probe(args, input);
  };
}

function failure(stderr: string): NftResult {
  return { exitCode: 1, stdout: '', stderr };
}

/** A machine that is as it should be, but for what is given. */
function systemOf({
  release = '6.1.0-18-amd64',
  sysctls = {},
  env = {},
}: {
  readonly release?: string;
  readonly sysctls?: Readonly<Record<string, string | undefined>>;
  readonly env?: Readonly<Record<string, string>>;
} = {}): System {
  return {
    kernelRelease: () => release,
    sysctl: (path) => (path in sysctls ? sysctls[path] : '1'),
    env: (name) => env[name],
  };
}
