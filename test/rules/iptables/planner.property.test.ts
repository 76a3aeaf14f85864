import { expect } from 'chai';
import fc from 'fast-check';
import { IP_FAMILIES, type IpFamily } from '../../../rules/ip.ts';
import { IptablesPlanner } from '../../../rules/iptables/planner.ts';
import type { ChainSettings } from '../../../rules/iptables/settings.ts';
import { restoreLines, restoreText } from '../../../rules/iptables/restore.ts';
import { halvesOf } from '../../../rules/iptables/split.ts';
import { isEmptyTransaction, type ChainTransaction } from '../../../rules/iptables/transaction.ts';
import { anyCluster, portChanges, portsOf } from '../nftables/support/clusters.ts';
import { anySettings } from '../nftables/support/settings.ts';
import { KernelModel } from './support/kernel-model.ts';
import { plannerWith, setAll, sync } from './support/planning.ts';

for (const family of IP_FAMILIES) {
  describe(`any change of any cluster (${family})`, () => {
    it('ends where an agent would that starts with the new cluster', () => {
      fc.assert(
        fc.property(anyCluster, anyCluster, anyChainSettings(family), (before, after, settings) => {
          const kernel = new KernelModel();
          const planner = plannerWith(family, portsOf(before), settings);
          sync(planner, kernel);
          setAll(planner, portChanges(before, after));
          sync(planner, kernel);
          const fresh = new KernelModel();
          sync(plannerWith(family, portsOf(after), settings), fresh);
          expect(sortedTables(kernel)).to.eql(sortedTables(fresh));
        }),
        { numRuns: 50 },
      );
    });

    it('is nothing to an agent that starts anew', () => {
      fc.assert(
        fc.property(anyCluster, anyChainSettings(family), (cluster, settings) => {
          const kernel = new KernelModel();
          sync(plannerWith(family, portsOf(cluster), settings), kernel);
          const next = plannerWith(family, portsOf(cluster), settings);
          next.adopt(kernel.save());
          expect(isEmptyTransaction(next.plan())).to.equal(true);
        }),
        { numRuns: 30 },
      );
    });

    it('is made by an agent that finds any cluster in the kernel', () => {
      fc.assert(
        fc.property(anyCluster, anyCluster, anyChainSettings(family), (found, wanted, settings) => {
          const kernel = new KernelModel();
          sync(plannerWith(family, portsOf(found), settings), kernel);
          const planner = plannerWith(family, portsOf(wanted), settings);
          planner.adopt(kernel.save());
          sync(planner, kernel);
          const fresh = new KernelModel();
          sync(plannerWith(family, portsOf(wanted), settings), fresh);
          expect(sortedTables(kernel)).to.eql(sortedTables(fresh));
        }),
        { numRuns: 50 },
      );
    });

    it('comes to the same in parts, each of which leads to nothing that is not there', () => {
      fc.assert(
        fc.property(anyCluster, anyCluster, anyChainSettings(family), (before, after, settings) => {
          const [kernel, parted] = [new KernelModel(), new KernelModel()];
          const planner = plannerWith(family, portsOf(before), settings);
          applyInParts(planner.plan(), parted);
          sync(planner, kernel);
          setAll(planner, portChanges(before, after));
          applyInParts(planner.plan(), parted);
          sync(planner, kernel);
          expect(sortedTables(parted)).to.eql(sortedTables(kernel));
        }),
        { numRuns: 30 },
      );
    });

    it('leaves nothing when every Service goes', () => {
      fc.assert(
        fc.property(anyCluster, anyChainSettings(family), (cluster, settings) => {
          const kernel = new KernelModel();
          const planner = plannerWith(family, portsOf(cluster), settings);
          sync(planner, kernel);
          for (const service of planner.services) planner.setPorts(service, []);
          sync(planner, kernel);
          const empty = new KernelModel();
          sync(new IptablesPlanner(family, settings), empty);
          expect(sortedTables(kernel)).to.eql(sortedTables(empty));
        }),
        { numRuns: 30 },
      );
    });

    it('reaches the same with settings that changed on the way', () => {
      fc.assert(
        fc.property(
          anyCluster,
          anyChainSettings(family),
          anyChainSettings(family),
          (cluster, before, after) => {
            const kernel = new KernelModel();
            const planner = plannerWith(family, portsOf(cluster), before);
            sync(planner, kernel);
            planner.configure(after);
            sync(planner, kernel);
            const fresh = new KernelModel();
            sync(plannerWith(family, portsOf(cluster), after), fresh);
            expect(sortedTables(kernel)).to.eql(sortedTables(fresh));
          },
        ),
        { numRuns: 50 },
      );
    });
  });
}

// --- internal ---

function anyChainSettings(family: IpFamily): fc.Arbitrary<ChainSettings> {
  return fc.tuple(anySettings(family), fc.boolean()).map(([settings, dropsInvalid]) => ({
    ...settings,
    dropsInvalid,
    // What is shared with kubelet stays, whatever is wanted later: tested by itself.
    allowsLocalhostNodePorts: false,
  }));
}

/** As small as they can be. */
function applyInParts(transaction: ChainTransaction, kernel: KernelModel): void {
  const halves = halvesOf(transaction);
  if (halves === undefined) kernel.restore(restoreText(restoreLines(transaction)));
  else for (const half of halves) applyInParts(half, kernel);
}

function sortedTables({ tables }: KernelModel): object {
  return Object.fromEntries(
    [...tables].map(([table, chains]) => [table, Object.fromEntries([...chains].sort())]),
  );
}
