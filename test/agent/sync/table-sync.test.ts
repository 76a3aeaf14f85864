import { expect } from 'chai';
import { KernelError, type KernelErrorCode } from '../../../agent/kernel/kernel-error.ts';
import type { AffinityEntry } from '../../../rules/nftables/affinity.ts';
import { clientIp, clusterIp } from '../../support/addresses.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { makeSettings } from '../../rules/nftables/support/settings.ts';
import { KernelModel } from '../../rules/nftables/support/kernel-model.ts';
import { FakeTransport } from './support/fake-transport.ts';
import { keyOf, portOf, TableStage } from './support/table-stage.ts';

describe('table sync', () => {
  describe('in the steady state', () => {
    it('reads the table once, then applies what changes', async () => {
      const stage = new TableStage();
      stage.set(2, 1);
      await stage.sync.sync();
      expect(stage.transport.take()).to.deep.equal(['readTable', 'apply']);
      stage.set(1, 2);
      await stage.sync.sync();
      expect(stage.transport.take()).to.deep.equal(['apply']);
      expect([stage.endpointsOf(1), stage.endpointsOf(2)]).to.deep.equal([2, 1]);
    });

    it('leaves the kernel alone when nothing changes', async () => {
      const stage = await standing();
      stage.set(2, 1);
      await stage.sync.sync();
      expect(stage.transport.take()).to.deep.equal([]);
      expect(stage.takeEvents()).to.deep.equal([]);
    });

    it('applies nothing when it takes over a table that is right', async () => {
      const { transport } = await standing();
      const successor = new TableStage(transport);
      successor.set(2, 1, 2);
      await successor.sync.sync();
      expect(transport.take()).to.deep.equal(['readTable']);
    });

    it('removes from a table that it takes over whose Services are gone', async () => {
      const { transport } = await standing();
      const successor = new TableStage(transport);
      successor.set(2, 2);
      await successor.sync.sync();
      expect([successor.endpointsOf(1), successor.endpointsOf(2)]).to.deep.equal([0, 2]);
    });

    it('deletes chains that nobody uses after the transaction that freed them', async () => {
      const stage = await standing();
      stage.set(3, 1, 2);
      await stage.sync.sync();
      expect(stage.transport.take()).to.deep.equal(['apply', 'collect']);
      await stage.sync.sync();
      expect(stage.transport.take()).to.deep.equal([]);
    });

    it('tries to delete them again with the next sync when it was too early', async () => {
      const stage = await standing();
      stage.transport.failures.set('collect', ['busy']);
      stage.set(3, 1, 2);
      await stage.sync.sync();
      await stage.sync.sync();
      expect(stage.transport.take()).to.deep.equal(['apply', 'collect', 'collect']);
      expect(stage.takeEvents()).to.deep.equal(['applied keep 4']);
    });

    it('reads the table again when they cannot be deleted for another reason', async () => {
      const stage = await standing();
      stage.transport.failures.set('collect', ['not-found']);
      stage.set(3, 1, 2);
      await stage.sync.sync();
      await stage.sync.sync();
      expect(stage.transport.take()).to.deep.equal(['apply', 'collect', 'readTable', 'collect']);
      expect(stage.takeEvents()).to.deep.equal(['applied keep 4']);
    });

    it('fails when the way to the kernel is barred before they are deleted', async () => {
      const stage = await standing();
      stage.transport.failures.set('collect', ['timeout']);
      stage.set(3, 1, 2);
      const error = await rejectionOf(stage.sync.sync(), KernelError);
      expect(error.code).to.equal('timeout');
      await stage.sync.sync();
      expect(stage.transport.take()).to.deep.equal(['apply', 'collect', 'readTable', 'collect']);
    });

    it('writes fixed rules anew when settings change', async () => {
      const stage = await standing();
      stage.sync.configure(makeSettings('IPv4', { masqueradeAll: true }));
      await stage.sync.verify();
      await stage.sync.sync();
      expect(stage.takeEvents()).to.deep.equal(['applied refill 0']);
    });
  });

  describe('when somebody else changed the table', () => {
    it('reads it again and repairs it once a change meets the damage', async () => {
      const stage = await standing();
      stage.transport.kernel.collections.get('service-ips')?.clear();
      stage.set(1, 1);
      await stage.sync.sync();
      expect([stage.endpointsOf(1), stage.endpointsOf(2)]).to.deep.equal([1, 2]);
      expect(stage.takeEvents()[0]).to.equal('repairing not-found');
      expect(stage.sync.quarantined).to.deep.equal([]);
    });

    it('makes it anew after it was removed', async () => {
      const stage = await standing();
      stage.transport.kernel = new KernelModel();
      await stage.sync.verify();
      expect(stage.takeEvents()).to.deep.equal(['repairing not-found']);
      await stage.sync.sync();
      expect([stage.endpointsOf(1), stage.endpointsOf(2)]).to.deep.equal([2, 2]);
      expect(stage.takeEvents()).to.have.lengthOf(1).and.satisfy(isCreation);
    });

    it('finds nothing wrong with a table that is as it was left', async () => {
      const stage = await standing();
      await stage.sync.verify();
      await stage.sync.sync();
      expect(stage.transport.take()).to.deep.equal(['isIntact']);
    });

    it('does not ask about a table that it has not made yet', async () => {
      const stage = new TableStage();
      await stage.sync.verify();
      expect(stage.transport.take()).to.deep.equal([]);
    });
  });

  describe('when the way to the kernel is barred', () => {
    const CODES: readonly KernelErrorCode[] = [
      'nft-missing',
      'not-permitted',
      'timeout',
      'killed',
      'too-large',
      'unreadable',
    ];
    for (const code of CODES) {
      it(`blames no Service, and begins with a look at the table the next time: ${code}`, async () => {
        const stage = await standing();
        stage.transport.failures.set('apply', [code]);
        stage.set(1, 1);
        const error = await rejectionOf(stage.sync.sync(), KernelError);
        expect(error.code).to.equal(code);
        expect(stage.sync.quarantined).to.deep.equal([]);
        await stage.sync.sync();
        expect(stage.transport.take()).to.deep.equal(['apply', 'readTable', 'apply']);
        expect(stage.endpointsOf(1)).to.equal(1);
        expect(stage.takeEvents()).to.deep.equal(['applied keep 2']);
      });
    }

    it('keeps what came in until the table can be read', async () => {
      const stage = new TableStage();
      stage.transport.failures.set('readTable', ['timeout', 'timeout']);
      stage.set(2, 1);
      await rejectionOf(stage.sync.sync(), KernelError);
      stage.set(1, 2);
      await rejectionOf(stage.sync.sync(), KernelError);
      await stage.sync.sync();
      expect([stage.endpointsOf(1), stage.endpointsOf(2)]).to.deep.equal([2, 1]);
    });

    it('applies nothing twice when it was killed after the kernel had taken it', async () => {
      const stage = await standing();
      const { transport } = stage;
      const apply = transport.apply.bind(transport);
      transport.apply = async (...args) => {
        await apply(...args);
        throw new KernelError('killed', 'killed after the fact');
      };
      stage.set(1, 1);
      await rejectionOf(stage.sync.sync(), KernelError);
      transport.apply = apply;
      transport.take();
      await stage.sync.sync();
      expect(transport.take()).to.deep.equal(['readTable']);
      expect(stage.endpointsOf(1)).to.equal(1);
    });

    it('passes on what is no KernelError: that is a bug of ours', async () => {
      const stage = await standing();
      stage.transport.refuses = () => {
        throw new RangeError('a bug');
      };
      stage.set(1, 1);
      await rejectionOf(stage.sync.sync(), RangeError);
    });
  });

  describe('with sticky clients', () => {
    const entry: AffinityEntry = {
      client: clientIp('IPv4', 1),
      address: clusterIp('IPv4', 1),
      protocolAndPort: 'tcp . 80',
      slot: 1,
      timeoutSeconds: 600,
      expiresSeconds: 300,
    };

    it('asks who they are only when a slot loses its endpoint', async () => {
      const stage = await sticky(entry);
      stage.sync.setPorts(keyOf(1), [{ ...portOf(1, 3), affinitySeconds: 600 }]);
      await stage.sync.sync();
      expect(stage.transport.take()).to.not.include('readAffinity');
      expect(stage.transport.edits.at(-1)).to.deep.equal([]);
    });

    it('lets those go whose endpoint is gone', async () => {
      const stage = await sticky(entry, { ...entry, slot: 0 });
      stage.sync.setPorts(keyOf(1), [{ ...portOf(1, 1), affinitySeconds: 600 }]);
      await stage.sync.sync();
      expect(stage.transport.edits.at(-1)).to.deep.equal([{ entry, movedTo: undefined }]);
    });

    it('leaves those alone who are about to be forgotten anyway', async () => {
      const stage = await sticky({ ...entry, expiresSeconds: 4 });
      stage.sync.setPorts(keyOf(1), [{ ...portOf(1, 1), affinitySeconds: 600 }]);
      await stage.sync.sync();
      expect(stage.transport.edits.at(-1)).to.deep.equal([]);
    });

    it('does without them when one of them is gone meanwhile', async () => {
      const stage = await sticky(entry);
      stage.transport.failures.set('apply', ['not-found']);
      stage.sync.setPorts(keyOf(1), [{ ...portOf(1, 1), affinitySeconds: 600 }]);
      await stage.sync.sync();
      expect(stage.endpointsOf(1)).to.equal(1);
      expect(stage.transport.edits.at(-1)).to.deep.equal([]);
      expect(stage.takeEvents()).to.deep.equal(['applied keep 2']);
    });
  });
});

// --- internal ---

/** Two Services of two endpoints each, programmed; nothing recorded yet. */
async function standing(): Promise<TableStage> {
  const stage = new TableStage(new FakeTransport());
  stage.set(2, 1, 2);
  await stage.sync.sync();
  stage.transport.take();
  stage.takeEvents();
  return stage;
}

/** A Service of two endpoints whose clients stick, and its clients. */
async function sticky(...entries: AffinityEntry[]): Promise<TableStage> {
  const stage = new TableStage();
  stage.sync.setPorts(keyOf(1), [{ ...portOf(1, 2), affinitySeconds: 600 }]);
  await stage.sync.sync();
  stage.transport.take();
  stage.takeEvents();
  stage.transport.entries = entries;
  return stage;
}

function isCreation([event]: readonly string[]): boolean {
  return event?.startsWith('applied create ') ?? false;
}
