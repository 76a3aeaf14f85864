/** What agents do while somebody plays with the cluster, as it happens. */
import { setTimeout as wait } from 'node:timers/promises';
import type { LogEntry } from './agent-log.ts';
import type { NodeAgent } from './node-agent.ts';
import { event, say } from './screen.ts';

/** Prints what the agents do from now on, until this process is told to end. */
export async function followAgents(agents: readonly NodeAgent[]): Promise<void> {
  const stopped = firstSignal();
  say('What the agents do from now on:');
  const logged = agents.map(({ log }) => log.length);
  for (;;) {
    await wait(POLL_MS, undefined, { signal: stopped }).catch(() => undefined);
    if (stopped.aborted) return;
    agents.forEach((agent, index) => {
      logged[index] = printSince(agent, logged[index] ?? 0);
    });
  }
}

// --- internal ---

const POLL_MS = 100;

/** Prints the entries behind the first `logged`; returns how many there are now. */
function printSince(agent: NodeAgent, logged: number): number {
  const { log } = agent;
  for (const entry of log.slice(logged).filter(isNews)) event(agent.nodeName, entryText(entry));
  return log.length;
}

/** Agents are asked for details of what they change; other details are none for an audience. */
function isNews(entry: LogEntry): boolean {
  return entry.msg !== 'other' || !entry.text.startsWith('debug: ');
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
