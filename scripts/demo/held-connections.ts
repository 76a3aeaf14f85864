import { IP_FAMILIES } from '../../rules/ip.ts';
import type { HeldConnection } from '../world/host.ts';
import { routesTo } from './routes.ts';
import type { Stage } from './stage.ts';

/** How held connections have fared. */
export interface HeldSummary {
  readonly count: number;
  /** Those still open, with every byte back that was sent. */
  readonly alive: number;
  readonly echoed: number;
}

/** Opens connections to `web` in both families, which send a byte now and then and stay open. */
export async function holdConnections({ world, manifests }: Stage): Promise<HeldConnections> {
  const [route] = routesTo(manifests.service('web'));
  if (route === undefined) throw new Error('there is no way to web');
  const host = world.host(route.from);
  const requests = IP_FAMILIES.flatMap((family) => {
    const { ip, port } = route.targets[family];
    return Array.from({ length: COUNT_PER_FAMILY }, () => ({ ip, port, intervalMs: 100 }));
  });
  return new HeldConnections(await Promise.all(requests.map((request) => host.holdOpen(request))));
}

/** Established connections that should survive whatever happens to the Service. */
export class HeldConnections {
  readonly #connections: readonly HeldConnection[];

  constructor(connections: readonly HeldConnection[]) {
    this.#connections = connections;
  }

  /** How many there are to each pod. */
  get countByPod(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { answer } of this.#connections) counts[answer.by] = (counts[answer.by] ?? 0) + 1;
    return counts;
  }

  /** Looks at them a last time and closes them. */
  async release(): Promise<HeldSummary> {
    const reports = await Promise.all(this.#connections.map((connection) => connection.release()));
    return {
      count: reports.length,
      alive: reports.filter(({ alive }) => alive).length,
      echoed: reports.reduce((sum, { echoed }) => sum + echoed, 0),
    };
  }
}

// --- internal ---

/** So many that it would be strange if one of four pods had none. */
const COUNT_PER_FAMILY = 12;
