/** The side outside of the private namespaces: the API server, and what it holds at the beginning. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { ApiClient } from '../../test/cluster/api-client.ts';
import { ApiWriter } from '../../test/cluster/api-writer.ts';
import { kubeconfigText } from '../../test/cluster/kubeconfig.ts';
import { createApiServer, type ApiServer } from '../../test/cluster/server.ts';
import { clusterObjects } from '../../test/netns/packets/cluster.ts';
import { type Relay, startRelay } from '../world/host/relay.ts';
import { NODE_API_PORT, sharedFiles, WORLD } from './layout.ts';

/** Starts it; `folder` is there and gets its files. */
export async function startControlPlane(folder: string): Promise<ControlPlane> {
  const server = await createApiServer(process.env, folder);
  try {
    await writeObjects(server);
    await writeKubeconfigs(server, folder);
    const to = { port: server.port };
    return new ControlPlane(server, await startRelay({ path: sharedFiles(folder).apiSocket }, to));
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** A running API server, and the way to it from the private namespaces. */
export class ControlPlane {
  readonly server: ApiServer;
  readonly #way: Relay;

  constructor(server: ApiServer, way: Relay) {
    this.server = server;
    this.#way = way;
  }

  async close(): Promise<void> {
    this.#way.close();
    await this.server.close();
  }
}

// --- internal ---

const EXAMPLE = fileURLToPath(new URL('example.yaml', import.meta.url));

async function writeObjects(server: ApiServer): Promise<void> {
  const client = new ApiClient(server.access('admin'));
  const documents = parseAllDocuments(await readFile(EXAMPLE, 'utf8'));
  const example = documents.map((document) => document.toJS() as object);
  try {
    await new ApiWriter(client).replaceAll([...clusterObjects(WORLD.nodes.length), ...example]);
  } finally {
    client.close();
  }
}

async function writeKubeconfigs(server: ApiServer, folder: string): Promise<void> {
  const { kubeconfig, agentKubeconfig } = sharedFiles(folder);
  const [admin, agent] = [server.access('admin'), server.access('agent')];
  const atNode = `https://127.0.0.1:${NODE_API_PORT}`;
  const texts = [
    [kubeconfig, kubeconfigText(admin.url, admin.ca, { token: admin.token })],
    [agentKubeconfig, kubeconfigText(atNode, agent.ca, { token: agent.token })],
  ] as const;
  for (const [file, text] of texts) await writeFile(file, text, { mode: 0o600 });
}
