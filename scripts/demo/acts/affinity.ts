/** Act 3, continued: clients that stay with their pod. */
import type { Ip } from '../../../rules/ip.ts';
import { CLIENT, PODS, namesOf } from '../cast.ts';
import { outcomeOf } from '../outcome.ts';
import { inFamily, targetText } from '../routes.ts';
import { event, say } from '../screen.ts';
import type { Stage } from '../stage.ts';
import { alignColumns } from '../view/columns.ts';
import { sourcesOf } from './balance.ts';

/** Asks `dns`, which has ClientIP affinity, from the client and from some pods, over UDP. */
export async function showAffinity(stage: Stage): Promise<void> {
  const { loadBalancerVIPs, clusterIPs } = stage.manifests.service('dns');
  const vip = inFamily(loadBalancerVIPs, 'IPv4');
  const clusterIP = inFamily(clusterIPs, 'IPv4');
  const rows = [
    await ask(stage, CLIENT, vip),
    ...(await Promise.all(PODS.slice(0, POD_COUNT).map(({ name }) => ask(stage, name, clusterIP)))),
  ];
  event('sticky', 'dns keeps a client with the pod that it had first (ClientIP affinity; UDP)');
  for (const line of alignColumns(rows)) say(line);
  say();
}

// --- internal ---

const POD_COUNT = 4;

/** A row for the table: who asked, whom, who answered, and whom that one saw. */
async function ask({ world, manifests, tally }: Stage, from: string, ip: Ip): Promise<string[]> {
  const { port = 0 } = manifests.service('dns').ports.find((each) => each.protocol === 'udp') ?? {};
  const target = { protocol: 'udp', ip, port } as const;
  const results = await world.host(from).connectMany({ ...target, count: 50, concurrency: 1 });
  const outcome = outcomeOf(results);
  const what = `${from} to ${targetText(target)}`;
  tally.add(what, outcome, namesOf(manifests.podsOf('dns')));
  const answers = Object.entries(outcome.answeredBy);
  if (answers.length > 1) tally.problem(`${what}: several pods answered in spite of affinity`);
  return [
    from,
    targetText(target),
    answers.map(([pod, count]) => `${count} of ${results.length} by ${pod}`).join(', '),
    `which sees ${sourcesOf(results)}`,
  ];
}
