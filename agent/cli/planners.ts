/** The tables that a view amounts to, one a family. */
import type { IpFamily } from '../../rules/ip.ts';
import { NftablesPlanner, type FoundTable } from '../../rules/nftables/planner.ts';
import type { ClusterView } from '../cluster/cluster-view.ts';
import { complain } from './setup.ts';

/**
 * Planners of these families with everything that the view has, set against the tables that `find`
 * finds. Conflicts between Services go to standard error.
 */
export async function plannersFor(
  view: ClusterView,
  families: readonly IpFamily[],
  find: (family: IpFamily) => Promise<FoundTable | undefined> | undefined,
): Promise<NftablesPlanner[]> {
  const { ports } = view.checkOut();
  for (const { object, field, message } of view.conflicts()) {
    complain([object, field, message].filter((part) => part !== '').join(': '));
  }
  const planners: NftablesPlanner[] = [];
  for (const family of families) {
    const planner = new NftablesPlanner(family, view.settings(family));
    // Before the ports come in, so that each endpoint keeps the slot it has in the kernel.
    planner.adopt(await find(family));
    for (const [service, servicePorts] of ports) planner.setPorts(service, servicePorts);
    planners.push(planner);
  }
  return planners;
}
