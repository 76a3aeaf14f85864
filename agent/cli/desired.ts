/** What a view amounts to, for commands that look once. */
import type { ClusterView } from '../cluster/cluster-view.ts';
import type { Desired } from '../modes/mode.ts';
import { complain } from './setup.ts';

/** Everything that the view has. Conflicts between Services go to standard error. */
export function desiredOf(view: ClusterView): Desired {
  const { ports } = view.checkOut();
  for (const { object, field, message } of view.conflicts()) {
    complain([object, field, message].filter((part) => part !== '').join(': '));
  }
  return { ports, settings: (family) => view.settings(family) };
}
