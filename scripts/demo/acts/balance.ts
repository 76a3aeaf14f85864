/** Act 3: where real connections go. */
import { IP_FAMILIES } from '../../../rules/ip.ts';
import type { ConnectResult } from '../../world/host/protocol.ts';
import { namesOf, ownerOf } from '../cast.ts';
import { outcomeOf } from '../outcome.ts';
import { type Route, routesTo, targetText } from '../routes.ts';
import { bars, event, heading, remark, say } from '../screen.ts';
import type { Stage } from '../stage.ts';

/** Connects to every kind of address of `web`, in both families. */
export async function showTheBalance(stage: Stage): Promise<void> {
  heading('3. Real connections', 'each is answered by a pod that tells its name and whom it sees');
  for (const route of routesTo(stage.manifests.service('web'))) await showRoute(stage, route);
}

/** From which addresses the listeners saw connections come: names of nodes and pods, or addresses. */
export function sourcesOf(results: readonly ConnectResult[]): string {
  const sources = results.flatMap((result) =>
    result.outcome === 'answered' ? [ownerOf(result.source)] : [],
  );
  return [...new Set(sources)].sort().join(', ');
}

// --- internal ---

const CONNECTIONS = 300;

async function showRoute({ world, manifests, tally }: Stage, route: Route): Promise<void> {
  const { kind, from, targets } = route;
  const pods = namesOf(manifests.podsOf('web'));
  const columns = [];
  const all: ConnectResult[] = [];
  for (const family of IP_FAMILIES) {
    const target = targets[family];
    const request = { ...target, count: CONNECTIONS, concurrency: 8 };
    const results = await world.host(from).connectMany(request);
    const outcome = outcomeOf(results);
    const what = `${from} to ${targetText(target)}`;
    tally.add(what, outcome, pods);
    tally.requireAll(what, outcome, pods);
    columns.push({ title: targetText(target), values: outcome.answeredBy });
    all.push(...results);
  }
  event(kind, `${from} to web`);
  bars(pods, columns);
  remark(`The pods see connections from ${sourcesOf(all)}.`);
  say();
}
