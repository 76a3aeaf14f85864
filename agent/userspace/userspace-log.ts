/** What the userspace proxy meets, as lines of the log: each trouble once, and its end. */
import type { Logger } from '../log.ts';
import type { UserspaceObserver } from './interface.ts';

/** An observer that logs. */
export function createUserspaceLog(log: Logger): UserspaceObserver {
  const said = new Set<string>();
  return {
    listenFailed({ message }) {
      // It is tried again with every sync.
      if (said.has(message)) return;
      if (said.size >= MAX_SAID) said.clear();
      said.add(message);
      log.error({ error: message }, 'a listener is missing; trying again with every sync');
    },
    exhausted(resource, message) {
      // The error of a port has the endpoint.
      const whose = resource === 'ports' ? 'to such endpoints ' : '';
      log.error({ resource, error: message }, `no new connections ${whose}are accepted for now`);
    },
    recovered(resource) {
      log.info({ resource }, 'new connections are accepted again');
    },
  };
}

// --- internal ---

const MAX_SAID = 1_000;
