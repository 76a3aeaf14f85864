/** Chains on a real kernel, by either variant of iptables: partial restores, repairs, refusals, the lock. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { chooseVariant, IPTABLES, IPTABLES_VARIANTS } from '../../agent/kernel/iptables-variant.ts';
import { IptablesTransport } from '../../agent/kernel/iptables-transport.ts';
import { KernelError } from '../../agent/kernel/kernel-error.ts';
import type { ServicePort } from '../../rules/services/types.ts';
import { clusterIp } from '../support/addresses.ts';
import { rejectionOf } from '../support/rejection.ts';
import { keyOf, portOf } from '../agent/sync/support/table-stage.ts';
import { chainOf, createChainStage, Iptables } from './support/chain-stage.ts';
import { describeUnless, iptablesObstacle } from './support/iptables-obstacle.ts';

/** The ClusterIP of the Service with this number is refused. */
const BAD = 3;
const HOUR_MS = 3_600_000;

for (const variant of IPTABLES_VARIANTS) {
  describeUnless(iptablesObstacle(variant), `chains of iptables-${variant}`, () => {
    const iptables = new Iptables(variant);
    const createStage = () => createChainStage(variant);

    afterEach(() => iptables.flush());

    it('are written where they changed, and nowhere else', async () => {
      const stage = createStage();
      await stage.set(2);
      stage.takeInputs();
      await stage.set(3, 4);
      expect(stage.takeInputs().flatMap(chainsIn)).to.eql([chainOf(4)]);
      expect(await iptables.endpointCounts()).to.eql([2, 2, 2, 3, 2]);
      await stage.set(0, 4);
      expect(stage.takeInputs().flatMap(chainsIn)).to.eql(['KUBE-SERVICES', chainOf(4)]);
      expect(await iptables.endpointCounts()).to.eql([2, 2, 2, 0, 2]);
    });

    it('keep their counters where they did not change, and so do those of others', async () => {
      const stage = createStage();
      await stage.set(2);
      const { nat } = await iptables.saved();
      const rule = nat?.[chainOf(1)]?.at(-1) ?? '';
      const counted = [`[7:420] -A ${chainOf(1)} ${rule}`, '[8:480] -A OTHER -j RETURN'];
      await execa(`iptables-${variant}-restore`, ['--noflush', '--counters'], {
        input: ['*nat', ':OTHER - [0:0]', ...counted, 'COMMIT', ''].join('\n'),
      });
      await stage.set(3, 4);
      const { stdout } = await execa(`iptables-${variant}-save`, ['-c', '-t', 'nat']);
      for (const line of counted) expect(stdout).to.include(line);
    });

    it('are found as they were left by the next agent', async () => {
      await createStage().set(2);
      const next = createStage();
      await next.set(2);
      expect(next.takeInputs()).to.be.empty;
    });

    it('are all there when many are written at once into an empty kernel, and all gone again', async () => {
      const numbers = Array.from({ length: 200 }, (_, i) => i + 1);
      const stage = createStage();
      for (const each of numbers) stage.sync.setPorts(keyOf(each), threePortsOf(each));
      await stage.sync.sync();
      const next = createStage();
      for (const each of numbers) next.sync.setPorts(keyOf(each), threePortsOf(each));
      await next.sync.sync();
      expect(next.takeInputs()).to.be.empty;
      await next.set(0, ...numbers);
      expect(JSON.stringify(await iptables.saved())).not.to.include('KUBE-SVC-');
    });

    for (const table of ['nat', 'filter', 'mangle']) {
      for (const commands of [['-F'], ['-F', '-X']]) {
        it(`are put back after somebody's ${commands.join(' and ')} of ${table}`, async () => {
          const stage = createStage();
          await stage.set(2);
          const before = await iptables.saved();
          for (const command of commands) await iptables.run('-t', table, command);
          await stage.sync.verify();
          expect(stage.repairs).to.eql(['not-found']);
          await stage.sync.sync();
          expect(await iptables.saved()).to.eql(before);
          await stage.sync.verify();
          expect(stage.repairs).to.have.length(1);
        });
      }
    }

    it('are put back within an hour after somebody took less than a table', async () => {
      const stage = createStage();
      await stage.set(2);
      const before = await iptables.saved();
      await iptables.run('-t', 'nat', '-F', 'PREROUTING');
      await iptables.run('-t', 'nat', '-F', chainOf(1));
      stage.takeInputs();
      await stage.sync.verify();
      await stage.sync.sync();
      expect(stage.takeInputs()).to.be.empty;
      stage.pass(HOUR_MS);
      await stage.sync.verify();
      await stage.sync.sync();
      expect(stage.takeInputs().flatMap(chainsIn)).to.eql([chainOf(1)]);
      expect(await iptables.saved()).to.eql(before);
    });

    it('that cannot be deleted, since somebody else uses them, hold up nothing else', async () => {
      const stage = createStage();
      await stage.set(2);
      await iptables.run('-t', 'nat', '-A', 'OUTPUT', '-j', chainOf(1));
      stage.sync.setPorts(keyOf(1), []);
      await stage.set(1, 2);
      // The chain is all that is left, and empty: nobody is to blame for it.
      expect(stage.quarantined).to.be.empty;
      expect(await iptables.endpointCounts()).to.eql([0, 1, 2, 2, 2]);
      // The same for the next agent, which finds that it leads to another that is to go.
      for (const args of [
        ['-N', 'KUBE-SVC-OLD'],
        ['-A', chainOf(1), '-j', 'KUBE-SVC-OLD'],
      ]) {
        await iptables.run('-t', 'nat', ...args);
      }
      const next = createStage();
      await next.set(3, 2);
      expect(next.quarantined).to.be.empty;
      expect(await iptables.endpointCounts()).to.eql([0, 3, 0, 0, 0]);
      expect(JSON.stringify(await iptables.saved())).not.to.include('KUBE-SVC-OLD');
      await iptables.run('-t', 'nat', '-D', 'OUTPUT', '-j', chainOf(1));
    });

    it('of a Service that is refused stay as they were, and all others are written', async () => {
      const stage = createStage();
      await stage.set(2);
      stage.refuse(clusterIp('IPv4', BAD));
      await stage.set(1);
      expect(await iptables.endpointCounts()).to.eql([1, 1, 2, 1, 1]);
      expect(stage.quarantined).to.eql([keyOf(BAD)]);
      stage.refuse(undefined);
      await stage.set(3);
      expect(await iptables.endpointCounts()).to.eql([3, 3, 3, 3, 3]);
    });
  });
}

describeUnless(iptablesObstacle('nft'), 'a table that iptables-nft cannot list', () => {
  afterEach(async () => {
    await execa('nft', ['flush', 'ruleset']);
  });

  it('is written all the same, with each jump once', async () => {
    await createChainStage('nft').set(2);
    await execa('nft', ['add', 'rule', 'ip', 'nat', 'PREROUTING', ...ONLY_FOR_NFT]);
    const next = createChainStage('nft');
    await next.set(3);
    await next.sync.sync();
    expect(await countIn('PREROUTING', 'jump KUBE-SERVICES')).to.equal(1);
    expect(await countIn(chainOf(1), 'dnat to')).to.equal(3);
  });

  it('is not taken for an empty one by who wants to know what is there', async () => {
    await createChainStage('nft').set(2);
    await execa('nft', ['add', 'rule', 'ip', 'nat', 'PREROUTING', ...ONLY_FOR_NFT]);
    const transport = new IptablesTransport(IPTABLES, () => chooseVariant('nft', IPTABLES));
    const error = await rejectionOf(transport.readTables('IPv4'), KernelError);
    expect(error.code).to.equal('unreadable');
    expect(error.message).to.include('nat (IPv4)');
  });

  it('is as good as empty where none of our chains are', async () => {
    await execa('iptables-nft', ['-t', 'nat', '-A', 'PREROUTING', '-j', 'ACCEPT']);
    await execa('nft', ['add', 'rule', 'ip', 'nat', 'PREROUTING', ...ONLY_FOR_NFT]);
    const transport = new IptablesTransport(IPTABLES, () => chooseVariant('nft', IPTABLES));
    expect(await transport.readTables('IPv4')).to.have.property('size', 0);
  });

  async function countIn(chain: string, text: string): Promise<number> {
    const { stdout } = await execa('nft', ['list', 'chain', 'ip', 'nat', chain]);
    return stdout.split(text).length - 1;
  }
});

describe('the xtables lock', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-lock-'));
    process.env.XTABLES_LOCKFILE = join(folder, 'lock');
  });
  after(async () => {
    delete process.env.XTABLES_LOCKFILE;
    await rm(folder, { recursive: true });
  });

  it('is waited for, and when it takes too long that is reported', async function () {
    this.timeout(20_000);
    const transport = new IptablesTransport(IPTABLES, () => chooseVariant('legacy', IPTABLES));
    const holder = execa('flock', ['--no-fork', join(folder, 'lock'), 'sleep', '60'], {
      reject: false,
    });
    try {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const nothing = {
        family: 'IPv4',
        tables: [{ table: 'nat', chains: [], jumps: [] }],
      } as const;
      const error = await rejectionOf(transport.apply(nothing), KernelError);
      expect(error.code).to.equal('locked');
    } finally {
      holder.kill();
      await holder;
    }
  });
});

// --- internal ---

const ONLY_FOR_NFT = ['fib', 'daddr', 'type', 'local', 'return'];

/** Of a Service with a chain for each of them. */
function threePortsOf(number: number): ServicePort[] {
  const port = portOf(number, 1);
  return [80, 81, 82].map((each) => ({
    ...port,
    displayName: `${port.service}:port-${each}`,
    frontends: port.frontends.map((frontend) => ({ ...frontend, port: each })),
  }));
}

function chainsIn(input: string): string[] {
  return [...input.matchAll(/^:(\S+)/gm)].map(([, name = '']) => name);
}
