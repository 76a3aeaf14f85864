/**
 * The flow table by the conntrack program, of conntrack-tools. What it prints is read line by line
 * and never kept, so that memory does not depend on how many flows there are.
 *
 * The program reads the whole table for a deletion too (version 1.4.7; the kernel needs about 2.5 s
 * for a million flows), and then deletes what matches flow by flow, by its exact tuple. Hence one
 * deletion for all flows on a path, not one for each.
 */
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { FlowPath } from '../../rules/conntrack/flow-path.ts';
import type { IpFamily } from '../../rules/ip.ts';
import { ConntrackError } from './conntrack-error.ts';
import { parseFlowLine } from './flow-line.ts';
import type { FlowTable } from './flow-table.ts';

/** How to run conntrack. */
export interface ConntrackOptions {
  /** Path or name of the program. */
  readonly program: string;
  /** Milliseconds after which a run is ended. */
  readonly timeoutMs: number;
}

/** The conntrack on PATH, with time for millions of flows on slow machines. */
export const CONNTRACK_DEFAULTS: ConntrackOptions = { program: 'conntrack', timeoutMs: 120_000 };

/** A flow table by the conntrack program. */
export function createConntrackTable(options: ConntrackOptions): FlowTable {
  return {
    async list(family, visit, signal) {
      const error = await run(options, ['-L', ...udpOf(family)], visit, signal);
      if (error !== undefined) throw error;
    },
    async remove(family, path, signal) {
      let removed = 0;
      const count = (): void => {
        removed += 1;
      };
      for (let attempt = 1; ; attempt++) {
        const args = ['-D', ...udpOf(family), ...filterOf(path)];
        const error = await run(options, args, count, signal);
        if (error === undefined || error.message.includes(NOTHING_MATCHED)) return removed;
        // A flow that ended by itself in the wrong moment ends the program's run.
        if (!error.message.includes(FLOW_VANISHED) || attempt === MAX_ATTEMPTS) throw error;
      }
    },
  };
}

// --- internal ---

const KILL_DELAY_MS = 2_000;
const MAX_ATTEMPTS = 5;
const NOTHING_MATCHED = '): 0 flow entries have been deleted';
const FLOW_VANISHED = 'No such file or directory';
const NOT_PERMITTED = /Operation not permitted|must be root|Permission denied/;

/** Other zones than 0 belong to others, such as Open vSwitch: our rules track in none of them. */
function udpOf(family: IpFamily): string[] {
  return ['-p', 'udp', '-f', family.toLowerCase(), '-w', '0'];
}

function filterOf({ destination, destinationPort, replier, replierPort }: FlowPath): string[] {
  return [
    ...['--orig-dst', destination, '--orig-port-dst', String(destinationPort)],
    ...['--reply-src', replier, '--reply-port-src', String(replierPort)],
  ];
}

/** Shows the flows that one run prints; answers the error if it failed. */
async function run(
  { program, timeoutMs }: ConntrackOptions,
  args: readonly string[],
  visit: (path: FlowPath) => void,
  signal: AbortSignal,
): Promise<ConntrackError | undefined> {
  const subprocess = execa(program, args, {
    stdin: 'ignore',
    buffer: { stdout: false },
    timeout: timeoutMs,
    forceKillAfterDelay: KILL_DELAY_MS,
    cancelSignal: signal,
    reject: false,
    // Messages are read by us: keep them in English.
    env: { LC_ALL: 'C' },
  });
  for await (const line of createInterface({ input: subprocess.stdout })) {
    const path = parseFlowLine(line);
    if (path !== undefined) visit(path);
  }
  const result = await subprocess;
  if (!result.failed) return undefined;
  if (result.isCanceled) return new ConntrackError('stopped', `${program} was stopped`);
  if (result.timedOut) {
    return new ConntrackError('timeout', `${program} did not end within ${timeoutMs} ms`);
  }
  if (result.code === 'ENOENT') {
    return new ConntrackError(
      'program-missing',
      `there is no program ${program}: install the conntrack package (conntrack-tools)`,
      result.cause,
    );
  }
  const message = `${program} failed: ${result.stderr.trim() || result.shortMessage}`;
  const isDenied = result.code === 'EACCES' || NOT_PERMITTED.test(message);
  return new ConntrackError(isDenied ? 'not-permitted' : 'failed', message, result.cause);
}
