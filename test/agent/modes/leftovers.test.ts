import { expect } from 'chai';
import { KernelError } from '../../../agent/kernel/kernel-error.ts';
import { removeLeftovers } from '../../../agent/modes/leftovers.ts';
import { recordLog } from '../support/log.ts';

describe('leftovers of other modes', () => {
  it('are removed, and what was there is said', async () => {
    const { log, lines } = recordLog();
    const others = [cleaning('nftables', 'removed table ip switchyard')];
    others.push({
      name: 'nftables',
      cleanUp: () => Promise.resolve([{ isRemoved: false, line: 'table ip6 is not there' }]),
    });
    expect(await removeLeftovers({}, others, log)).to.equal(true);
    expect(lines.map(({ was }) => was)).to.deep.equal(['removed table ip switchyard']);
  });

  it('are those of this mode in another way too', async () => {
    const { log, lines } = recordLog();
    const mode = {
      removeLeftovers: () => Promise.resolve([{ isRemoved: true, line: 'removed 9 chains' }]),
    };
    expect(await removeLeftovers(mode, [], log)).to.equal(true);
    expect(lines).to.have.length(1);
  });

  it('are not the rules that this mode uses as its own', async () => {
    const { log, lines } = recordLog();
    const mode = { ruledBy: () => 'nftables' as const };
    const others = [cleaning('nftables', 'removed its own'), cleaning('iptables', 'removed it')];
    expect(await removeLeftovers(mode, others, log)).to.equal(true);
    expect(lines.map(({ was }) => was)).to.deep.equal(['removed it']);
  });

  it('are none where their tool is not installed', async () => {
    const { log, lines } = recordLog();
    const others = [failing('nft-missing')];
    expect(await removeLeftovers({}, others, log)).to.equal(true);
    expect(lines).to.be.empty;
  });

  for (const code of ['not-permitted', 'unreadable'] as const) {
    it(`are said once and left where that will not pass: ${code}`, async () => {
      const { log, lines } = recordLog();
      expect(await removeLeftovers({}, [failing(code)], log)).to.equal(true);
      expect(lines).to.have.length(1);
    });
  }

  it('are to be tried again where they could not be removed, and keep nothing else from going', async () => {
    const { log, lines } = recordLog();
    const others = [failing('locked'), cleaning('nftables', 'removed it')];
    expect(await removeLeftovers({}, others, log)).to.equal(false);
    expect(lines).to.have.length(2);
  });
});

// --- internal ---

function cleaning(name: 'nftables' | 'iptables', ...lines: string[]) {
  const removals = lines.map((line) => ({ isRemoved: true, line }));
  return { name, cleanUp: () => Promise.resolve(removals) };
}

function failing(code: KernelError['code']) {
  return { name: 'iptables' as const, cleanUp: () => Promise.reject(new KernelError(code, code)) };
}
