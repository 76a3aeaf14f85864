/** One bad Service on a real kernel, behind an nft that refuses whatever speaks of it. */
import { expect } from 'chai';
import { clusterIp } from '../support/addresses.ts';
import { keyOf } from '../agent/sync/support/table-stage.ts';
import { createTableStage, endpointCounts } from './support/table-stage.ts';
import { nft, useEmptyRuleset } from './support/tables.ts';

/** The ClusterIP of the Service with this number is refused. */
const BAD = 3;

describe('a Service that a real nft refuses', () => {
  useEmptyRuleset();

  const WAYS = [
    { name: 'with the place of the fault', isLocated: true },
    { name: 'without a word about the place', isLocated: false },
  ];
  for (const { name, isLocated } of WAYS) {
    it(`is set aside, keeps what it had, and comes back when it is taken again: ${name}`, async () => {
      const stage = createTableStage(isLocated);
      await stage.set(2);
      expect(await endpointCounts()).to.deep.equal([2, 2, 2, 2, 2]);

      stage.refuse(clusterIp('IPv4', BAD));
      await stage.set(1);
      expect(await endpointCounts()).to.deep.equal([1, 1, 2, 1, 1]);
      expect(stage.quarantined).to.deep.equal([keyOf(BAD)]);

      stage.refuse('nothing');
      await stage.set(3);
      expect(await endpointCounts()).to.deep.equal([3, 3, 3, 3, 3]);
      expect(stage.quarantined).to.deep.equal([keyOf(BAD)]);
    });
  }

  it('is nobody’s fault when the table was damaged: that is repaired', async () => {
    const stage = createTableStage(true);
    await stage.set(2);
    await nft(['flush', 'map', 'ip', 'switchyard', 'service-ips']);
    await stage.set(3);
    expect(await endpointCounts()).to.deep.equal([3, 3, 3, 3, 3]);
    expect(stage.quarantined).to.deep.equal([]);
    expect(stage.repairs).to.deep.equal(['not-found']);
  });
});
