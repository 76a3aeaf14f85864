/** Act 3, continued: a Service without endpoints. */
import { CLIENT_POD } from '../cast.ts';
import { inFamily, targetText } from '../routes.ts';
import { event } from '../screen.ts';
import type { Stage } from '../stage.ts';

/** Connects to `soon`, behind which nothing runs: an error at once is better than a wait. */
export async function showRefusal({ world, manifests, tally }: Stage): Promise<void> {
  const { clusterIPs, ports } = manifests.service('soon');
  const target = {
    protocol: 'tcp',
    ip: inFamily(clusterIPs, 'IPv4'),
    port: ports[0]?.port ?? 0,
  } as const;
  const request = { ...target, count: CONNECTIONS, concurrency: 1 };
  const startedAt = performance.now();
  const results = await world.host(CLIENT_POD.name).connectMany(request);
  const eachMs = (performance.now() - startedAt) / CONNECTIONS;
  const refused = results.filter(({ outcome }) => outcome === 'rejected').length;
  const what = `${CLIENT_POD.name} to soon (${targetText(target)})`;
  tally.addRefused(what, CONNECTIONS, refused);
  event('refused', `${what}: ${refused} of ${CONNECTIONS}, after ${eachMs.toFixed(1)} ms each`);
}

// --- internal ---

const CONNECTIONS = 20;
