/** What a flow cleaner does, as log lines. */
import type { IpFamily } from '../../rules/ip.ts';
import type { Logger } from '../log.ts';
import { ConntrackError } from './conntrack-error.ts';
import type { FlowObserver } from './flow-cleaner.ts';

/** Logs removals, and a failure once for as long as it stays the same. */
export function createFlowLog(log: Logger): FlowObserver {
  const said = new Map<IpFamily, string>();
  return {
    cleaned(family, removed, elapsedMs) {
      said.delete(family);
      const fields = { family, removed, elapsedMs: Math.round(elapsedMs) };
      if (removed > 0) log.info(fields, 'removed stale UDP flows');
      else log.debug(fields, 'no stale UDP flows');
    },
    cleanFailed(family, error) {
      const code = error instanceof ConntrackError ? error.code : 'bug';
      const message = error instanceof Error ? error.message : String(error);
      if (said.get(family) === message) return;
      said.set(family, message);
      log.error({ family, code, error: message }, 'stale UDP flows could not be removed');
    },
  };
}
