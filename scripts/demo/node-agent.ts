import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { IP_FAMILIES } from '../../rules/ip.ts';
import { CLUSTER_CIDR } from '../../test/support/addresses.ts';
import type { Host } from '../world/host.ts';
import type { Program } from '../world/program.ts';
import { type AppliedEntry, type LogEntry, parseLogLine } from './agent-log.ts';

/** Switchyard on one node: `switchyard run` as its own process, followed by its log. */
export class NodeAgent {
  readonly nodeName: string;
  readonly #host: Host;
  readonly #flags: readonly string[];
  readonly #log: LogEntry[] = [];
  #program: Program | undefined;
  /** How much of what the program wrote is in #log. */
  #readLength = 0;

  /** `source` are the flags that say where it reads the cluster from. */
  constructor(host: Host, source: readonly string[]) {
    this.nodeName = host.name;
    this.#host = host;
    const clusterCidrs = IP_FAMILIES.map((family) => CLUSTER_CIDR[family]).join(',');
    this.#flags = [
      ...source,
      ...['--hostname-override', host.name],
      ...['--cluster-cidr', clusterCidrs],
    ];
  }

  /** Starts the agent; it stops with the host. */
  start(): void {
    this.#program = this.#host.spawn(process.execPath, [
      ...[AGENT, 'run', ...this.#flags],
      ...['--iptables-min-sync-period', '0s', '--logging-format', 'json', '-v=2'],
    ]);
  }

  /** Everything that it has logged so far. */
  get log(): readonly LogEntry[] {
    const unread = this.#program?.stderr.slice(this.#readLength) ?? '';
    const complete = unread.slice(0, unread.lastIndexOf('\n') + 1);
    this.#readLength += complete.length;
    this.#log.push(...complete.split('\n').slice(0, -1).map(parseLogLine));
    return this.#log;
  }

  /**
   * Waits until both families were applied after the first `logged` entries of the log; resolves to
   * these two. Rejects, with what it logged instead, when that takes too long.
   */
  async applied(logged: number): Promise<readonly AppliedEntry[]> {
    const deadline = performance.now() + APPLY_LIMIT_MS;
    for (;;) {
      const since = this.log.slice(logged);
      const applied = since.filter((entry) => entry.msg === 'applied');
      const families = new Set(applied.map(({ family }) => family));
      if (families.size === IP_FAMILIES.length) return applied;
      if (performance.now() > deadline) {
        const said = new Set(
          since.map((entry) => (entry.msg === 'other' ? entry.text : entry.msg)),
        );
        throw new Error(
          `the agent of ${this.nodeName} was to apply what there is for IPv4 and IPv6 within ` +
            `${APPLY_LIMIT_MS / 1000} s and did not. It logged:\n${[...said].join('\n')}`,
        );
      }
      await wait(POLL_MS);
    }
  }

  /** `switchyard diff` on this node: what it prints, and nothing if kernel and manifests agree. */
  async diff(): Promise<string> {
    const args = [AGENT, 'diff', ...this.#flags];
    const { exitCode, stdout, stderr } = await this.#host.exec(process.execPath, args, {
      mayFail: true,
    });
    return exitCode === 0 || exitCode === 1 ? stdout : stderr;
  }
}

// --- internal ---

const AGENT = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));

/** Far beyond what it takes, for a machine that is busy with other things. */
const APPLY_LIMIT_MS = 15_000;

const POLL_MS = 10;
