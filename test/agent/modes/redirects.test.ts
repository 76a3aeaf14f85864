import { expect } from 'chai';
import type { NftResult, RunNft } from '../../../agent/kernel/nft-process.ts';
import { findRedirect, type RedirectFindings } from '../../../agent/modes/redirects.ts';
import type { RedirectChoice } from '../../../agent/config/proxy-mode.ts';
import { missing, ok, type Finding } from '../../../agent/node/preflight.ts';
import type { System } from '../../../agent/node/system.ts';

const OK: NftResult = { exitCode: 0, stdout: '', stderr: '' };
const REFUSED: NftResult = { exitCode: 1, stdout: '', stderr: 'Error: Not supported\n' };

const SYSTEM: System = {
  kernelRelease: () => '6.1.0',
  sysctl: () => '1',
  env: () => undefined,
};

/** An nft whose kernel lacks what a probe with these words needs. */
function nftWithout(...words: readonly string[]): RunNft {
  return (args, input = '') => {
    if (args[0] === '--version') return Promise.resolve({ ...OK, stdout: 'nftables v1.0.6\n' });
    const isMissing = words.some((word) => input.includes(word));
    return Promise.resolve(isMissing ? REFUSED : OK);
  };
}

const IPTABLES: readonly Finding[] = [ok('iptables 1.8.9, variant nft')];
const NO_IPTABLES: readonly Finding[] = [missing('iptables', 'install it')];

/** What is found with this nft, and an iptables whose preflight finds this. */
function find(choice: RedirectChoice, nft: RunNft, iptables = IPTABLES): Promise<RedirectFindings> {
  return findRedirect(choice, { nft, iptables: () => Promise.resolve(iptables), system: SYSTEM });
}

describe('findRedirect', () => {
  it('finds nftables, which lets clients wait for an agent that starts anew', async () => {
    const { redirect, findings } = await find('auto', nftWithout());
    expect(redirect).to.deep.equal({ kind: 'nftables', guard: 'translation and socket' });
    expect(findings.every(({ level }) => level === 'ok')).to.equal(true);
  });

  it('finds nftables without the socket lookup, and says what that costs', async () => {
    const { redirect, findings } = await find('auto', nftWithout('socket'));
    expect(redirect).to.deep.equal({ kind: 'nftables', guard: 'translation' });
    const warnings = findings.filter(({ level }) => level !== 'ok');
    expect(warnings.map(({ level }) => level)).to.deep.equal(['warning', 'warning']);
    expect(warnings[0]?.what).to.include('clients wait');
    expect(warnings[0]?.advice).to.include('CONFIG_NFT_SOCKET');
  });

  it('finds iptables where nftables cannot be had, and says what is missing for that', async () => {
    const { redirect, findings } = await find('auto', nftWithout('dnat'));
    expect(redirect).to.deep.equal({ kind: 'iptables', guard: 'translation' });
    const levels = findings.map(({ level }) => level);
    expect(levels).to.include('warning').and.not.to.include('missing');
    expect(findings).to.include.members(IPTABLES);
  });

  it('believes an operator who names iptables, and names what is missing', async () => {
    const { redirect, findings } = await find('iptables', nftWithout(), NO_IPTABLES);
    expect(redirect.kind).to.equal('iptables');
    expect(findings).to.deep.equal(NO_IPTABLES);
  });

  it('finds none where addresses cannot be translated, and nothing needed is missing then', async () => {
    const { redirect, findings } = await find('auto', nftWithout('dnat'), NO_IPTABLES);
    expect(redirect).to.deep.equal({ kind: 'none' });
    const levels = findings.map(({ level }) => level);
    expect(levels).to.include('warning').and.not.to.include('missing');
  });

  it('believes an operator who names nftables, and names what is missing', async () => {
    const { redirect, findings } = await find('nftables', nftWithout('dnat'));
    expect(redirect.kind).to.equal('nftables');
    expect(findings.map(({ level }) => level)).to.include('missing');
  });

  it('asks nothing where none is wanted', async () => {
    const nft: RunNft = () => Promise.reject(new Error('asked'));
    expect(await find('none', nft)).to.deep.equal({
      redirect: { kind: 'none' },
      findings: [],
    });
  });
});
