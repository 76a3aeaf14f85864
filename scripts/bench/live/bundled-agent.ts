/** The agent as it is deployed: the bundle, in a process of its own, following an API server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeBundle } from '../../bundle.ts';
import { RUNTIME } from '../../image/contents.ts';
import { NODE, POD_CIDR } from '../cluster.ts';

/** What to start. */
export interface AgentOptions {
  /** Where the bundle and the log go. */
  readonly folder: string;
  /** The text of kube-proxy's `--iptables-min-sync-period`; its default without. */
  readonly minSync?: string;
  /** The path of the kubeconfig file. */
  readonly kubeconfig: string;
}

/** A running agent. */
export interface BundledAgent {
  readonly pid: number;
  /** Of `performance.now()`, just before its process was started. */
  readonly startedMs: number;
  /** Rejects when the agent ends by itself, with the end of its log. */
  readonly failure: Promise<never>;
  /** Ends it. The rules stay. */
  stop(): Promise<void>;
}

/** Bundles the agent and starts it. */
export async function startBundledAgent(options: AgentOptions): Promise<BundledAgent> {
  const { folder, minSync, kubeconfig } = options;
  const { main } = await writeBundle(join(folder, 'dist'));
  const logFile = join(folder, 'agent.log');
  const log = openSync(logFile, 'w');
  const period = minSync === undefined ? [] : ['--iptables-min-sync-period', minSync];
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [join(folder, 'dist', main), 'run', '--kubeconfig', kubeconfig, ...FLAGS, ...period],
    {
      stdio: ['ignore', log, log],
      // As in the image.
      env: { ...process.env, NODE_OPTIONS: RUNTIME.env.NODE_OPTIONS },
    },
  );
  closeSync(log);
  const exited = once(child, 'exit');
  let isStopped = false;
  const failure = exited.then(() => {
    const end = readFileSync(logFile, 'utf8').slice(-LOG_END);
    throw new Error(`the agent ended with ${child.exitCode}: ${end}`);
  });
  // Whoever waits for something else meanwhile need not wait for this.
  failure.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    startedMs,
    failure,
    async stop() {
      if (!isStopped && child.exitCode === null) child.kill();
      isStopped = true;
      await exited;
    },
  };
}

// --- internal ---

/** How many characters of a log tell why an agent ended. */
const LOG_END = 1_000;

/** Kernel settings that are not the namespace's own are left alone. */
const FLAGS = [
  ...['--hostname-override', NODE.name],
  ...['--detect-local-mode', 'ClusterCIDR', '--cluster-cidr', POD_CIDR],
  ...['--conntrack-max-per-core', '0'],
];
