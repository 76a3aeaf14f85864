/** What the cluster is made of, and where its parts meet. */
import { join } from 'node:path';
import type { WorldSpec } from '../world/topology.ts';

/** Three nodes, of which one has routed pods, and a client outside. */
export const WORLD: WorldSpec = {
  nodes: [{ pods: 3 }, { pods: 3, podNetwork: 'ptp' }, { pods: 3 }],
  clients: 1,
};

/** Where every pod answers, over TCP and UDP. */
export const POD_PORT = 8080;

/** Where every node has the API server, at its own loopback address. */
export const NODE_API_PORT = 6443;

/** The files that both sides of the private namespaces use. */
export interface SharedFiles {
  /** For people, at the host's loopback address. */
  readonly kubeconfig: string;
  /** For agents, at their nodes' loopback addresses. */
  readonly agentKubeconfig: string;
  /** The way into the private namespaces: a Unix socket that leads to the API server. */
  readonly apiSocket: string;
}

/** They are in one folder, which goes with the cluster. */
export function sharedFiles(folder: string): SharedFiles {
  return {
    kubeconfig: join(folder, 'kubeconfig'),
    agentKubeconfig: join(folder, 'agent-kubeconfig'),
    apiSocket: join(folder, 'api.sock'),
  };
}
