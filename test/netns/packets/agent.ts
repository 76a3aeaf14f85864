/** The real agent on a node of a world: run once, or kept running. */
import { fileURLToPath } from 'node:url';
import type { Host } from '../../../scripts/world/host.ts';
import type { Program } from '../../../scripts/world/program.ts';
import { eventually } from '../../support/eventually.ts';

/** What an agent is run with. */
export interface AgentRun {
  /** The flags that say where it reads the cluster from. */
  readonly source: readonly string[];
  /** Besides those that every agent of the tests has. */
  readonly flags: readonly string[];
}

/** One line of the agent's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  /** Of what happened to one family's table. */
  readonly family?: string;
  /** Of `applied`: what was done to the table itself, and to how many elements. */
  readonly table?: string;
  readonly added?: number;
  readonly replaced?: number;
  readonly removed?: number;
  /** Of `bad input` and `conflict`. */
  readonly problem?: string;
}

/** Has the agent program a node and exit. Rejects, with its log, when it fails. */
export async function runAgentOnce(node: Host, run: AgentRun): Promise<LogLine[]> {
  const { stderr } = await node.exec(process.execPath, commandLine(node, run, ['--once']));
  return parseLog(stderr);
}

/** Starts the agent on a node and waits until it says that it is starting. */
export async function startAgent(node: Host, run: AgentRun): Promise<RunningAgent> {
  const program = node.spawn(process.execPath, commandLine(node, run, UNHURRIED));
  await program.waitForOutput(/"msg":"starting"/, START_LIMIT_MS);
  return new RunningAgent(program);
}

/** Resolves once the agent on a node has synced both families. */
export async function waitUntilReady(node: Host): Promise<void> {
  await node.exec(process.execPath, ['--input-type=module', '-e', ASK_UNTIL_READY]);
}

/** An agent that follows the cluster. */
export class RunningAgent {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  /** Its log so far. */
  get log(): LogLine[] {
    return parseLog(this.#program.stderr);
  }

  /** The lines about transactions so far. */
  get applied(): LogLine[] {
    return this.log.filter(({ msg }) => msg === 'applied');
  }

  /** Resolves once so many transactions were applied since the start, one a family each sync. */
  async waitForApplied(count: number): Promise<void> {
    await eventually(
      () => this.applied.length >= count,
      () => `${count} transactions of an agent that says\n${this.#program.stderr}`,
    );
  }

  /** Ends it without a chance to do anything about it. */
  async kill(): Promise<void> {
    this.#program.signal('SIGKILL');
    await this.#program.ended();
  }

  /** Asks it to end. */
  async stop(): Promise<void> {
    await this.#program.stop();
  }
}

// --- internal ---

const ASK_UNTIL_READY = `
for (const deadline = Date.now() + 40_000; ; ) {
  const response = await fetch('http://127.0.0.1:10256/readyz').catch(() => undefined);
  if (response?.ok === true) break;
  if (Date.now() > deadline) throw new Error('not ready: ' + (await response?.text()));
  await new Promise((resolve) => setTimeout(resolve, 50));
}`;

const MAIN = fileURLToPath(new URL('../../../agent/main.ts', import.meta.url));

/** Several that load the API client at once take their time where cores are few. */
const START_LIMIT_MS = 40_000;

/** Tests need not wait a second between two changes. */
const UNHURRIED = ['--iptables-min-sync-period', '0s'];

function commandLine(node: Host, run: AgentRun, more: readonly string[]): string[] {
  return [
    ...[MAIN, 'run', ...run.source, '--hostname-override', node.name],
    ...['--logging-format', 'json', ...run.flags, ...more],
  ];
}

/** A line that is still being written is left out. */
function parseLog(text: string): LogLine[] {
  const lines = text.split('\n').filter((line) => line.endsWith('}'));
  return lines.map((line) => JSON.parse(line) as LogLine);
}
