import { expect } from 'chai';
import { IptablesTransport } from '../../../agent/kernel/iptables-transport.ts';
import type { VariantName } from '../../../agent/kernel/iptables-variant.ts';
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
  const variant = { name, suffix: `-${name}`, version: '1.8.9' };
  const transport = new IptablesTransport(seams, () => Promise.resolve(variant));
  return { transport, mostAtOnce: () => most };
}
