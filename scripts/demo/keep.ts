/** The open end of `--keep`: the world stays, and a person may poke at it. */
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { TABLE, nftFamily } from '../../rules/nftables/names.ts';
import { howToEnter } from '../world/private.ts';
import type { LogEntry } from './agent-log.ts';
import { CLIENT, NODE_NAMES } from './cast.ts';
import { WEB_FILE } from './manifests.ts';
import type { NodeAgent } from './node-agent.ts';
import { inFamily } from './routes.ts';
import { event, heading, say } from './screen.ts';
import type { Stage } from './stage.ts';
import { alignColumns } from './view/columns.ts';

/** Says how to look at the world, and prints what the agents do until the show is ended by a signal. */
export async function keepOpen(stage: Stage): Promise<void> {
  const stopped = firstSignal();
  heading('The world stays up until Ctrl-C', 'open a second terminal and look around');
  for (const line of alignColumns(instructions(stage))) say(line);
  say();
  say('What the agents do from now on:');
  const logged = stage.agents.map(({ log }) => log.length);
  for (;;) {
    await wait(POLL_MS, undefined, { signal: stopped }).catch(() => undefined);
    if (stopped.aborted) return;
    stage.agents.forEach((agent, index) => {
      logged[index] = printSince(agent, logged[index] ?? 0);
    });
  }
}

// --- internal ---

const POLL_MS = 100;

function instructions({ manifests }: Stage): string[][] {
  const [node = ''] = NODE_NAMES;
  const { loadBalancerVIPs, ports } = manifests.service('web');
  const web = `${inFamily(loadBalancerVIPs, 'IPv4')}/${ports[0]?.port ?? 0}`;
  return [
    ['go in', howToEnter()],
    ['rules', `ip netns exec ${node} nft list table ${nftFamily('IPv4')} ${TABLE}`],
    ['connect', `ip netns exec ${CLIENT} bash -c 'head -1 </dev/tcp/${web}'`],
    ['change', `vi ${join(manifests.folder, WEB_FILE)}    (add or remove an endpoint, and save)`],
    ['pods', 'ip netns exec pod-1-1 ss -tln'],
  ];
}

/** Prints the entries behind the first `logged`; returns how many there are now. */
function printSince(agent: NodeAgent, logged: number): number {
  const { log } = agent;
  for (const entry of log.slice(logged)) event(agent.nodeName, entryText(entry));
  return log.length;
}

function entryText(entry: LogEntry): string {
  switch (entry.msg) {
    case 'applied': {
      const { family, added, replaced, removed, elapsedMs } = entry;
      return `${family} applied in ${elapsedMs} ms: ${added} added, ${replaced} replaced, ${removed} removed`;
    }
    case 'changed':
      return `${entry.family} ${entry.service} ${entry.change}`;
    case 'other':
      return entry.text;
  }
}

function firstSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      controller.abort();
    });
  }
  return controller.signal;
}
