/** The nft transport on a real kernel, in this process's own network namespace. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import fc from 'fast-check';
import { KernelError } from '../../agent/kernel/kernel-error.ts';
import type { RunNft } from '../../agent/kernel/nft-process.ts';
import { NftTransport } from '../../agent/kernel/nft-transport.ts';
import type { Element, ElementChange } from '../../rules/diff/element.ts';
import { IP_FAMILIES } from '../../rules/ip.ts';
import { affinityKey, type AffinityEntry } from '../../rules/nftables/affinity.ts';
import { rulesId } from '../../rules/nftables/identity.ts';
import { NftablesPlanner } from '../../rules/nftables/planner.ts';
import { isEmptyTransaction, type Transaction } from '../../rules/nftables/transaction.ts';
import { anyCluster, portChanges, portsOf } from '../rules/nftables/support/clusters.ts';
import { plannerWith, setAll } from '../rules/nftables/support/planning.ts';
import { anySettings, makeSettings } from '../rules/nftables/support/settings.ts';
import { clientIp, clusterIp, podIp } from '../support/addresses.ts';
import { rejectionOf } from '../support/rejection.ts';
import type { LargeSync } from './fixtures/large-sync.ts';
import {
  expectFound,
  list,
  load,
  nft,
  sync,
  transport,
  useEmptyRuleset,
  WEB,
  webPlanner,
  webPort,
} from './support/tables.ts';

const GOLDEN = fileURLToPath(new URL('../golden/', import.meta.url));
const LARGE_SYNC = fileURLToPath(new URL('fixtures/large-sync.ts', import.meta.url));

/** The frontend of default/web. */
const KEY = `${clusterIp('IPv4', 1)} . tcp . 80`;

describe('nft transport', function () {
  this.timeout(60_000);

  useEmptyRuleset();

  for (const family of IP_FAMILIES) {
    it(`finds what it applied, whatever changes (${family})`, async () => {
      const change = fc.record({
        before: anyCluster,
        after: anyCluster,
        oldSettings: anySettings(family),
        newSettings: anySettings(family),
      });
      const property = fc.asyncProperty(
        change,
        async ({ before, after, oldSettings, newSettings }) => {
          await transport.removeTable(family);
          const planner = plannerWith(family, portsOf(before), oldSettings);
          await sync(planner);
          await expectFound(family, planner);
          planner.configure(newSettings);
          setAll(planner, portChanges(before, after));
          await sync(planner);
          await expectFound(family, planner);
        },
      );
      await fc.assert(property, { numRuns: 4 });
    });
  }

  for (const file of readdirSync(GOLDEN).filter((name) => name.endsWith('.nft'))) {
    it(`loads ${file} as it is written`, async () => {
      const { stderr } = await nft(['-f', '-'], readFileSync(GOLDEN + file, 'utf8'));
      expect(stderr).to.equal('');
    });
  }

  it('applies nothing when another agent takes over', async () => {
    await sync(webPlanner(3));
    const successor = new NftablesPlanner('IPv4', makeSettings('IPv4'));
    successor.adopt(await transport.readTable('IPv4'));
    successor.setPorts(WEB, [webPort(3)]);
    expect(isEmptyTransaction(successor.plan())).to.be.true;
  });

  it('reads and writes the same where nft knows protocols by their numbers only', async () => {
    await execa('mount', ['--no-mtab', '--bind', '/dev/null', '/etc/protocols']);
    try {
      const planner = webPlanner(3);
      await sync(planner);
      expect(await list('map', 'ip', 'switchyard', 'service-ips')).to.include(
        `${clusterIp('IPv4', 1)} . 6 . 80`,
      );
      await expectFound('IPv4', planner);
      planner.setPorts(WEB, [webPort(2)]);
      await sync(planner);
      await expectFound('IPv4', planner);
    } finally {
      await execa('umount', ['/etc/protocols']);
    }
  });

  describe('a transaction that the kernel refuses', () => {
    const CASES: readonly {
      readonly name: string;
      readonly change: (planned: ElementChange) => ElementChange;
      readonly code: string;
    }[] = [
      {
        name: 'that a verdict names no chain',
        change: (planned) => ({ ...planned, after: verdict('goto nowhere') }),
        code: 'not-found',
      },
      {
        name: 'that an element it is to delete is not there',
        change: (planned) => ({ ...planned, before: verdict('drop') }),
        code: 'not-found',
      },
    ];
    for (const { name, change, code } of CASES) {
      it(`names the element and changes nothing: ${name}`, async () => {
        await sync(webPlanner(0));
        const transaction = withChange(webPlanner(3), change);
        const error = await rejectionOf(
          transport.apply({ ...transaction, table: 'keep' }, []),
          KernelError,
        );
        expect(error.changes.map((each) => each.key)).to.deep.equal([KEY]);
        expect(error.code).to.equal(code);
        await expectFound('IPv4', webPlanner(0));
      });
    }

    it('names the element: that another one stands at its key', async () => {
      await sync(webPlanner(3));
      const planner = webPlanner(2);
      const change = planner.plan().changes.find((each) => each.key === KEY);
      const transaction = { ...planner.plan(), table: 'keep', changes: [change] } as Transaction;
      const error = await rejectionOf(transport.apply(transaction, []), KernelError);
      expect(error.changes.map((each) => each.key)).to.deep.equal([KEY]);
      expect(error.code).to.equal('exists');
    });
  });

  describe('garbage', () => {
    it('is gone once it is collected', async () => {
      const planner = webPlanner(3);
      await sync(planner);
      planner.setPorts(WEB, [webPort(2)]);
      await sync(planner);
      expect(await chainNames())
        .to.include('tcp-endpoints-2')
        .and.not.include('tcp-endpoints-3');
    });

    it('stays as it is, and says so, while something points at it', async () => {
      const planner = webPlanner(3);
      await sync(planner);
      const before = await list('chain', 'ip', 'switchyard', 'tcp-endpoints-3');
      const garbage = { ...planner.plan(), garbage: ['tcp-endpoints-3'] };
      const error = await rejectionOf(transport.collect(garbage), KernelError);
      expect(error.code).to.equal('busy');
      expect(await list('chain', 'ip', 'switchyard', 'tcp-endpoints-3')).to.equal(before);
    });
  });

  describe('a table of an unknown shape', () => {
    beforeEach(async () => {
      await load(`
        add table ip switchyard
        add chain ip switchyard old { type filter hook input priority 0; }
        add set ip switchyard endpoints { type ipv4_addr; }
        add rule ip switchyard old ip saddr @endpoints drop
      `);
    });

    it('is replaced in one transaction', async () => {
      const runs: (readonly string[])[] = [];
      const counting: RunNft = (args, input) => {
        runs.push(args);
        return nft(args, input);
      };
      const planner = webPlanner(3);
      planner.adopt(await transport.readTable('IPv4'));
      expect(planner.plan().table).to.equal('replace');
      await new NftTransport(counting).apply(planner.plan(), []);
      expect(runs).to.deep.equal([['-f', '-']]);
      await expectFound('IPv4', webPlanner(3));
      expect(await chainNames()).to.not.include('old');
    });

    it('stays as it is when its replacement is refused', async () => {
      const planner = webPlanner(3);
      planner.adopt(await transport.readTable('IPv4'));
      const transaction = withChange(planner, (planned) => ({
        ...planned,
        after: verdict('goto nowhere'),
      }));
      await rejectionOf(transport.apply(transaction, []), KernelError);
      expect(await chainNames()).to.deep.equal(['old']);
    });
  });

  describe('what somebody else did to the table', () => {
    const DEEDS: readonly { readonly name: string; readonly script: string }[] = [
      {
        name: 'a set is gone',
        script: `
          flush chain ip switchyard masquerading
          delete set ip switchyard hairpin-connections`,
      },
      {
        name: 'a range stands where we only put networks',
        script: `add element ip switchyard cluster-ips { ${clusterIp('IPv4', 9)} }
          add element ip switchyard service-cidrs { ${podIp('IPv4', 1, 1)}-${podIp('IPv4', 1, 4)} }`,
      },
      {
        name: 'a verdict is none of ours',
        script: `add element ip switchyard service-ips { ${clusterIp('IPv4', 9)} . tcp . 1 : accept }`,
      },
      {
        name: 'an element is gone',
        script: `delete element ip switchyard service-ips { ${clusterIp('IPv4', 1)} . tcp . 80 }`,
      },
      {
        name: 'an element came',
        script: `add element ip switchyard cluster-ips { ${clusterIp('IPv4', 9)} }`,
      },
      { name: 'a chain came', script: 'add chain ip switchyard tcp-endpoints-77' },
    ];
    for (const { name, script } of DEEDS) {
      it(`is undone: ${name}`, async () => {
        const planner = webPlanner(3);
        await sync(planner);
        await load(script);
        planner.adopt(await transport.readTable('IPv4'));
        expect(isEmptyTransaction(planner.plan()) && planner.plan().garbage.length === 0).to.be
          .false;
        await sync(planner);
        await expectFound('IPv4', webPlanner(3));
      });
    }

    it('is noticed when it was to flush all rules', async () => {
      const id = rulesId('IPv4', makeSettings('IPv4'));
      await sync(webPlanner(3));
      expect(await transport.isIntact('IPv4', id)).to.be.true;
      await load('flush ruleset');
      expect(await transport.isIntact('IPv4', id)).to.be.false;
      expect(await transport.readTable('IPv4')).to.be.undefined;
    });
  });

  describe('clients that are stuck', () => {
    const entry: AffinityEntry = {
      client: clientIp('IPv4', 1),
      address: clusterIp('IPv4', 1),
      protocolAndPort: 'tcp . 80',
      slot: 2,
      timeoutSeconds: 600,
      expiresSeconds: 300,
    };

    it('are found, and follow their endpoint', async () => {
      const planner = webPlanner(3);
      await sync(planner);
      await load(
        `add element ip switchyard affinity { ${affinityKey(entry)} timeout 600s expires 300s }`,
      );
      const [found] = await transport.readAffinity('IPv4');
      if (found === undefined) throw new Error('no entry was found');
      expect({ ...found, expiresSeconds: 300 }).to.deep.equal(entry);
      planner.setPorts(WEB, [webPort(2)]);
      await transport.apply(planner.plan(), [{ entry: found, movedTo: 0 }]);
      const moved = await transport.readAffinity('IPv4');
      expect(moved.map(({ slot, timeoutSeconds }) => [slot, timeoutSeconds])).to.deep.equal([
        [0, 600],
      ]);
    });

    it('make the transaction fail as a whole when they are gone already', async () => {
      await sync(webPlanner(3));
      const planner = webPlanner(3);
      planner.adopt(await transport.readTable('IPv4'));
      planner.setPorts(WEB, [webPort(2)]);
      const applying = transport.apply(planner.plan(), [{ entry, movedTo: undefined }]);
      expect((await rejectionOf(applying, KernelError)).code).to.equal('not-found');
      await expectFound('IPv4', webPlanner(3));
    });
  });

  it('removes our tables and nobody else’s', async () => {
    await load('add table ip kube-proxy\nadd table ip6 filter\nadd table inet switchyard\n');
    for (const family of IP_FAMILIES) {
      await sync(plannerWith(family, new Map()));
      expect(await transport.removeTable(family)).to.be.true;
      expect(await transport.removeTable(family)).to.be.false;
    }
    expect((await list('tables')).split('\n')).to.have.members([
      'table ip kube-proxy',
      'table ip6 filter',
      'table inet switchyard',
    ]);
  });

  it('divides what a user namespace does not take at once', async () => {
    const { stdout } = await execa('unshare', [
      '--user',
      '--map-root-user',
      '--net',
      process.execPath,
      LARGE_SYNC,
    ]);
    const { appliedBatches, refusedBatches, isComplete } = JSON.parse(stdout) as LargeSync;
    expect(isComplete).to.be.true;
    expect(refusedBatches).to.be.greaterThan(0);
    expect(appliedBatches).to.be.greaterThan(1);
  });
});

// --- internal ---

/** What a planner plans, but for the change at KEY. */
function withChange(
  planner: NftablesPlanner,
  change: (planned: ElementChange) => ElementChange,
): Transaction {
  const transaction = planner.plan();
  const changes = transaction.changes.map((planned) =>
    planned.collection === 'service-ips' && planned.key === KEY ? change(planned) : planned,
  );
  return { ...transaction, changes };
}

function verdict(value: string): Element {
  return { collection: 'service-ips', key: KEY, value, comment: '' };
}

/** The names of all chains in family ip. */
async function chainNames(): Promise<string[]> {
  return [...(await list('chains', 'ip')).matchAll(/chain (\S+) \{/g)].map(
    ([, name]) => name ?? '',
  );
}
