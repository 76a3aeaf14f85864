/**
 * An API server that tests and `npm run devcluster` run on: the test server, or etcd and kube-apiserver
 * where KUBEBUILDER_ASSETS names the folder that has them, as for controller-runtime's envtest.
 */
import { tmpdir } from 'node:os';
import type { TestApiServer } from './api-server.ts';
import type { ApiAccess } from './api-client.ts';
import { createTestServer } from './test-server.ts';
import { createKubeApiServer, kubeApiServerObstacle } from './kube-apiserver/server.ts';
import { certificatesObstacle } from './certificates.ts';

/** Who asks: somebody who may do everything, or the agent of a node. */
export type ApiUser = 'admin' | 'agent';

/** A running API server. */
export interface ApiServer {
  /** `the test API server`, `kube-apiserver`. */
  readonly name: string;
  /** At 127.0.0.1, and the same after a restart. */
  readonly port: number;
  /** How this user reaches it. */
  access(user: ApiUser): ApiAccess;
  /** Ends it as a crash does; what it holds is not lost. */
  kill(): Promise<void>;
  /** Starts it again after `kill`. */
  restart(): Promise<void>;
  /** Ends it for good. May be called again. */
  close(): Promise<void>;
  /** What only the test server can be asked for, such as faults; `undefined` for a real one. */
  readonly test: TestApiServer | undefined;
}

/** Whether kube-apiserver is wanted. */
export function isRealServerWanted(env: NodeJS.ProcessEnv = process.env): boolean {
  return (env[ASSETS] ?? '') !== '';
}

/** Why the server that is wanted cannot run here; `undefined` when it can. */
export async function apiServerObstacle(
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  return kubeApiServerObstacle(env[ASSETS] ?? '') ?? (await certificatesObstacle());
}

/**
 * Starts the server that is wanted; it answers when the promise resolves. Its files, if it has any, are
 * in a folder of their own inside `parent`. Rejects where it cannot run.
 */
export async function createApiServer(
  env: NodeJS.ProcessEnv = process.env,
  parent = tmpdir(),
): Promise<ApiServer> {
  const obstacle = await apiServerObstacle(env);
  if (obstacle !== undefined) throw new Error(obstacle);
  if (!isRealServerWanted(env)) return createTestServer();
  return createKubeApiServer({ assets: env[ASSETS] ?? '', parent });
}

// --- internal ---

const ASSETS = 'KUBEBUILDER_ASSETS';
