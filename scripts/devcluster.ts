/**
 * `npm run devcluster`: a cluster to play with on one machine, without containers. The API server is
 * out here, at this host's loopback address, where kubectl reaches it; nodes, pods and agents are in
 * private namespaces (devcluster/nodes.ts), to which a Unix socket leads. Nothing of it is left when it
 * ends, also where this process is killed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apiServerObstacle } from '../test/cluster/server.ts';
import { startControlPlane } from './devcluster/control-plane.ts';
import { privateNamespaceObstacle, runPrivately } from './world/private.ts';

const USAGE = `usage: npm run devcluster

Starts an API server at 127.0.0.1, three nodes made of network namespaces with an agent each that
follows it, nine pods that answer and a client outside; puts a Service there, and says how kubectl
and connections reach it all. Runs until Ctrl-C, as root or as an ordinary user, and leaves nothing
behind.

The API server is the one of the tests, or, where KUBEBUILDER_ASSETS names a folder that has them,
etcd and kube-apiserver.
`;

const NODES = join(import.meta.dirname, 'devcluster/nodes.ts');

process.exitCode = await main();

// --- internal ---

async function main(): Promise<number> {
  const wantsHelp = readHelp();
  if (wantsHelp !== false) {
    (wantsHelp === undefined ? process.stderr : process.stdout).write(USAGE);
    return wantsHelp === undefined ? 2 : 0;
  }
  const obstacle = privateNamespaceObstacle() ?? (await apiServerObstacle());
  if (obstacle !== undefined) {
    process.stderr.write(`${obstacle}\n`);
    return 1;
  }
  const isStopped = noteSignals();
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-devcluster-'));
  try {
    return await runCluster(folder, isStopped);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether help is asked for; `undefined` when something is that there is not. */
function readHelp(): boolean | undefined {
  try {
    return parseArgs({ options: { help: { type: 'boolean', default: false } } }).values.help;
  } catch {
    return undefined;
  }
}

/** Resolves to 0 when a signal ended it: there is no other way to. */
async function runCluster(folder: string, isStopped: () => boolean): Promise<number> {
  const controlPlane = await startControlPlane(folder);
  try {
    if (isStopped()) return 0;
    const exitCode = await runPrivately([NODES, folder, controlPlane.server.name]);
    return isStopped() ? 0 : exitCode;
  } finally {
    await controlPlane.close();
  }
}

/** Takes note of the signals that end the cluster; the answer says whether one has come. */
function noteSignals(): () => boolean {
  let isStopped = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      isStopped = true;
    });
  }
  return () => isStopped;
}
