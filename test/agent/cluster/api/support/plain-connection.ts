/** A connection without credentials. */
import { Agent } from 'node:http';
import type { Connection } from '../../../../../agent/cluster/api/connection.ts';

/** To this plain HTTP server. */
export function plainConnection(server: string): Connection {
  const agent = new Agent({ keepAlive: true });
  return {
    server,
    credentials: () => Promise.resolve({ agent, headers: {} }),
    renew: () => undefined,
    close: () => {
      agent.destroy();
    },
  };
}
