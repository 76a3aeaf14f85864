/** The kind cluster: what is needed for it, making it with the agent in it, and removing it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, type Run } from './run.ts';

/** What manifests/overlays/kind calls the image. */
export const IMAGE = 'localhost/switchyard:kind';

/** Why there can be no cluster on this machine, and what to do; `undefined` when there can. */
export async function clusterObstacle(run: Run): Promise<string | undefined> {
  for (const { program, args, remedy } of NEEDS) {
    const { exitCode, stderr } = await run(program, args);
    if (exitCode !== 0) {
      return `"${[program, ...args].join(' ')}" failed: ${stderr.trim()}\n${remedy}`;
    }
  }
  return undefined;
}

/** A cluster, made or to be made. */
export interface Cluster {
  readonly run: Run;
  /** The file that says how to reach it: its own, so that nobody's default changes. */
  readonly kubeconfig: string;
}

/** Makes the cluster, loads the image and waits until an agent is ready on every node. */
export async function createCluster(cluster: Cluster, imageArchive: string): Promise<void> {
  const { run, kubeconfig } = cluster;
  const config = readFileSync(join(import.meta.dirname, 'cluster.yaml'), 'utf8');
  const create = ['create', 'cluster', '--config', '-', '--kubeconfig', kubeconfig];
  await mustRun(run, 'kind', create, config);
  await mustRun(run, 'kind', ['load', 'image-archive', imageArchive, '--name', NAME]);
  await kubectl(cluster, ['apply', '--kustomize', OVERLAY]);
  const rollout = ['--namespace', 'kube-system', 'rollout', 'status', 'daemonset/switchyard'];
  await kubectl(cluster, [...rollout, '--timeout', '3m']);
}

/** Removes the cluster; does nothing if there is none. */
export async function deleteCluster({ run, kubeconfig }: Cluster): Promise<void> {
  await mustRun(run, 'kind', ['delete', 'cluster', '--name', NAME, '--kubeconfig', kubeconfig]);
}

/** Runs kubectl on the cluster. */
export function kubectl(
  { run, kubeconfig }: Cluster,
  args: readonly string[],
  input?: string,
): Promise<string> {
  return mustRun(run, 'kubectl', ['--kubeconfig', kubeconfig, ...args], input);
}

// --- internal ---

/** The name in cluster.yaml, and so in the nodes' names and in manifests/overlays/kind. */
const NAME = 'switchyard';

const OVERLAY = join(import.meta.dirname, '../../manifests/overlays/kind');

const NEEDS = [
  {
    program: 'docker',
    args: ['info'],
    remedy: 'Install Docker, start it, and be allowed to use it.',
  },
  { program: 'kind', args: ['version'], remedy: 'Install kind: https://kind.sigs.k8s.io' },
  { program: 'kubectl', args: ['version', '--client'], remedy: 'Install kubectl.' },
] as const;
