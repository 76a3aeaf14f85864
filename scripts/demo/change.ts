/** A change of the endpoints of `web`, from the file to the kernels of both nodes. */
import { IP_FAMILIES, type IpFamily } from '../../rules/ip.ts';
import type { LogEntry } from './agent-log.ts';
import type { WebEndpoint } from './manifests.ts';
import { changes, event, remark } from './screen.ts';
import type { Stage } from './stage.ts';

/** Where the agents' logs stood when the change was made. */
export interface Change {
  readonly logged: readonly number[];
}

/** Writes the endpoints, waits until every agent has applied them, and tells how long that took. */
export async function changeWeb(stage: Stage, endpoints: readonly WebEndpoint[]): Promise<Change> {
  const { agents, manifests } = stage;
  const logged = agents.map(({ log }) => log.length);
  const writtenAt = await manifests.writeWebEndpoints(endpoints);
  const times = await Promise.all(
    agents.map(async (agent, index) => {
      const applied = await agent.applied(logged[index] ?? 0);
      const afterMs = Math.max(...applied.map(({ time }) => time)) - writtenAt;
      const transactionMs = applied.map(({ elapsedMs }) => elapsedMs.toFixed(0)).join(' + ');
      return `${agent.nodeName} ${afterMs} ms after the file was written (nft: ${transactionMs} ms)`;
    }),
  );
  for (const time of times) event('applied', time);
  return { logged };
}

/** Shows what the agents have changed since: on the first node in IPv4 line by line, else how much. */
export function showDiff({ agents }: Stage, { logged }: Change): void {
  const diffs = agents.flatMap((agent, index) =>
    IP_FAMILIES.map((family) => ({
      where: `${agent.nodeName} ${family}`,
      lines: changeLines(agent.log.slice(logged[index]), family),
    })),
  );
  const [first, ...others] = diffs;
  event('changed', `${first?.where ?? ''}:`);
  changes(first?.lines ?? []);
  const counts = others.map(({ where, lines }) => `${where} ${lines.length}`);
  remark(`    elsewhere, in lines: ${counts.join(', ')}`);
}

// --- internal ---

function changeLines(entries: readonly LogEntry[], family: IpFamily): string[] {
  return entries.flatMap((entry) =>
    entry.msg === 'changed' && entry.family === family ? [entry.change] : [],
  );
}
