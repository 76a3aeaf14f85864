import { expect } from 'chai';
import { KernelError } from '../../../agent/kernel/kernel-error.ts';
import type { ElementChange } from '../../../rules/diff/element.ts';
import { clusterIp } from '../../support/addresses.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { makeSettings, networkAround } from '../../rules/nftables/support/settings.ts';
import { KernelModel } from '../../rules/nftables/support/kernel-model.ts';
import { keyOf, portOf, TableStage } from './support/table-stage.ts';

const SECOND = 1000;

/** Whether the kernel says which change it refuses. */
const WAYS = [
  { name: 'the kernel says which', namesCulprit: true },
  { name: 'the kernel does not say which', namesCulprit: false },
];

describe('a Service that the kernel refuses', () => {
  for (const { name, namesCulprit } of WAYS) {
    describe(`when ${name}`, () => {
      it('is set aside, said once, and all others are programmed', async () => {
        const stage = poisoned(namesCulprit, 3);
        stage.set(2, 1, 2, 3, 4, 5);
        await stage.sync.sync();
        expect([1, 2, 3, 4, 5].map((each) => stage.endpointsOf(each))).to.deep.equal([
          2, 2, 0, 2, 2,
        ]);
        expect(stage.sync.quarantined).to.deep.equal([keyOf(3)]);
        expect(quarantinesIn(stage)).to.deep.equal([keyOf(3)]);
      });

      it('is found beside others of its kind', async () => {
        const stage = poisoned(namesCulprit, 2, 5, 6, 9);
        stage.set(1, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        await stage.sync.sync();
        const programmed = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((it) => stage.endpointsOf(it) === 1);
        expect(programmed).to.deep.equal([1, 3, 4, 7, 8]);
        expect(stage.sync.quarantined).to.have.members([2, 5, 6, 9].map(keyOf));
      });

      it('keeps what it had', async () => {
        const stage = new TableStage();
        stage.transport.namesCulprit = namesCulprit;
        stage.set(2, 1, 2, 3);
        await stage.sync.sync();
        stage.transport.refuses = touches(3);
        stage.set(1, 1, 2, 3);
        await stage.sync.sync();
        expect([1, 2, 3].map((each) => stage.endpointsOf(each))).to.deep.equal([1, 1, 2]);
      });

      it('does not come between the others and their later changes', async () => {
        const stage = poisoned(namesCulprit, 3);
        stage.set(2, 1, 2, 3);
        await stage.sync.sync();
        stage.transport.take();
        stage.set(1, 1);
        await stage.sync.sync();
        expect(stage.transport.take()[0]).to.equal('apply');
        expect(stage.transport.take()).to.not.include('readTable');
        expect(stage.endpointsOf(1)).to.equal(1);
      });

      it('is programmed as soon as it changes for the better', async () => {
        const stage = poisoned(namesCulprit, 3);
        stage.set(2, 1, 2, 3);
        await stage.sync.sync();
        stage.transport.refuses = () => false;
        stage.set(1, 3);
        await stage.sync.sync();
        expect(stage.endpointsOf(3)).to.equal(1);
        expect(stage.sync.quarantined).to.deep.equal([]);
      });

      it('is forgotten when it goes', async () => {
        const stage = poisoned(namesCulprit, 3);
        stage.set(2, 1, 2, 3);
        await stage.sync.sync();
        stage.set(0, 3);
        await stage.sync.sync();
        await retry(stage, 3600);
        expect(stage.sync.quarantined).to.deep.equal([]);
        expect(stage.endpointsOf(3)).to.equal(0);
      });

      it('has another try after half a minute, then ever later, without another word', async () => {
        const stage = poisoned(namesCulprit, 3);
        stage.set(2, 1, 2, 3);
        await stage.sync.sync();
        quarantinesIn(stage);
        const tries: number[] = [];
        for (let seconds = 10; seconds <= 300; seconds += 10) {
          stage.transport.take();
          await retry(stage, 10);
          if (stage.transport.take().includes('apply')) tries.push(seconds);
        }
        expect(tries).to.deep.equal([30, 90, 210]);
        expect(quarantinesIn(stage)).to.deep.equal([]);
      });

      it('is programmed by a later try once the kernel takes it', async () => {
        const stage = poisoned(namesCulprit, 3);
        stage.set(2, 1, 2, 3);
        await stage.sync.sync();
        stage.transport.refuses = () => false;
        await retry(stage, 30);
        expect(stage.endpointsOf(3)).to.equal(2);
        expect(stage.sync.quarantined).to.deep.equal([]);
      });

      it('does no harm to others where a transaction has to be split', async () => {
        const stage = new TableStage();
        const refuses = isVerdictFor(5, 'endpoints-1');
        Object.assign(stage.transport, { namesCulprit, refuses, splits: true });
        stage.set(1, 1, 2, 3, 4, 5);
        await stage.sync.sync();
        expect([1, 2, 3, 4, 5].map((each) => stage.endpointsOf(each))).to.deep.equal([
          1, 1, 1, 1, 0,
        ]);
        const clusterIps = stage.transport.kernel.collections.get('cluster-ips');
        expect(clusterIps?.has(clusterIp('IPv4', 5))).to.be.false;
        expect(stage.sync.quarantined).to.deep.equal([keyOf(5)]);
      });

      it('still has what it had after the table was lost', async () => {
        const stage = new TableStage();
        stage.transport.namesCulprit = namesCulprit;
        stage.set(2, 1, 3);
        await stage.sync.sync();
        stage.transport.refuses = isVerdictFor(3, 'endpoints-1');
        stage.set(1, 3);
        await stage.sync.sync();
        stage.transport.kernel = new KernelModel();
        await retry(stage, 1);
        expect([1, 3].map((each) => stage.endpointsOf(each))).to.deep.equal([2, 2]);
      });

      it('fails the sync, and does not go round for ever, when not even what it had is taken', async () => {
        const stage = new TableStage();
        stage.transport.namesCulprit = namesCulprit;
        stage.set(2, 3);
        await stage.sync.sync();
        stage.transport.refuses = touches(3);
        stage.transport.kernel = new KernelModel();
        stage.set(1, 3);
        await stage.sync.verify();
        const error = await rejectionOf(stage.sync.sync(), KernelError);
        expect(error.code).to.equal('rejected');
      });

      it('fails the sync when no Service is to blame', async () => {
        const stage = new TableStage();
        stage.transport.namesCulprit = namesCulprit;
        stage.transport.refuses = ({ collection }) => collection === 'service-cidrs';
        const cidr = networkAround(clusterIp('IPv4', 1), 4);
        stage.sync.configure(makeSettings('IPv4', { serviceCidrs: [cidr] }));
        stage.set(1, 1, 2);
        const error = await rejectionOf(stage.sync.sync(), KernelError);
        expect(error.code).to.equal('rejected');
        expect(stage.sync.quarantined).to.deep.equal([]);
      });

      it('does not keep an address from the Service that takes it over', async () => {
        const stage = new TableStage();
        stage.transport.namesCulprit = namesCulprit;
        stage.set(2, 1, 2);
        await stage.sync.sync();
        stage.transport.refuses = touches(1);
        stage.set(1, 1);
        await stage.sync.sync();
        stage.transport.refuses = () => false;
        stage.set(0, 1);
        stage.sync.setPorts(keyOf(2), [portOf(1, 3)]);
        await stage.sync.sync();
        expect([1, 2].map((each) => stage.endpointsOf(each))).to.deep.equal([3, 0]);
      });
    });
  }
});

// --- internal ---

/** A stage whose kernel refuses whatever concerns the Services with these numbers. */
function poisoned(namesCulprit: boolean, ...numbers: number[]): TableStage {
  const stage = new TableStage();
  const refusals = numbers.map(touches);
  stage.transport.refuses = (change) => refusals.some((refuses) => refuses(change));
  stage.transport.namesCulprit = namesCulprit;
  return stage;
}

/** Whether a change is about the ClusterIP of the Service with this number. */
function touches(number: number): (change: ElementChange) => boolean {
  return ({ key }) => key.split(' . ').includes(clusterIp('IPv4', number));
}

/** Whether a change sends what comes for a Service to a chain whose name ends like this. */
function isVerdictFor(number: number, chain: string): (change: ElementChange) => boolean {
  return (change) => touches(number)(change) && change.after?.value.endsWith(chain) === true;
}

/** Lets time pass until the next look at the table, and syncs. */
async function retry(stage: TableStage, seconds: number): Promise<void> {
  stage.nowMs += seconds * SECOND;
  await stage.sync.verify();
  await stage.sync.sync();
}

/** The Services that were said to be set aside since the last call. */
function quarantinesIn(stage: TableStage): string[] {
  return stage.takeEvents().flatMap((event) => /^quarantined (.*)$/.exec(event)?.slice(1) ?? []);
}
