/** An API server for the agents of a bed, which reach it at a loopback address of their nodes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Relay, startRelay } from '../../../scripts/world/host/relay.ts';
import type { Host, RunningRelay } from '../../../scripts/world/host.ts';
import { ApiClient } from '../../cluster/api-client.ts';
import { ApiWriter } from '../../cluster/api-writer.ts';
import { kubeconfigText } from '../../cluster/kubeconfig.ts';
import { type ApiServer, createApiServer } from '../../cluster/server.ts';
import type { ClusterSource } from './source.ts';

/** Starts the server, and on each node a way to it. */
export async function createApiSource(nodes: readonly Host[]): Promise<ApiSource> {
  const server = await createApiServer();
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-api-source-'));
  const path = join(folder, 'api.sock');
  const way = await startRelay({ path }, { port: server.port });
  const source = new ApiSource(server, folder, way);
  for (const node of nodes) {
    const relay = await node.relay({ from: { port: API_PORT }, to: { path } });
    source.relays.set(node.name, relay);
  }
  const { ca, token } = server.access('agent');
  await writeFile(source.kubeconfig, kubeconfigText(SERVER_URL, ca, { token }), { mode: 0o600 });
  return source;
}

/** A running server, and the way to it. */
export class ApiSource implements ClusterSource {
  readonly server: ApiServer;
  /** The last piece of the way from each node, by its name. */
  readonly relays = new Map<string, RunningRelay>();
  readonly #folder: string;
  readonly #way: Relay;
  readonly #client: ApiClient;
  readonly #writer: ApiWriter;

  constructor(server: ApiServer, folder: string, way: Relay) {
    this.server = server;
    this.#folder = folder;
    this.#way = way;
    this.#client = new ApiClient(server.access('admin'));
    this.#writer = new ApiWriter(this.#client);
  }

  /** The file that leads agents to the server. */
  get kubeconfig(): string {
    return join(this.#folder, 'kubeconfig');
  }

  get flags(): readonly string[] {
    return ['--kubeconfig', this.kubeconfig];
  }

  write(objects: readonly object[]): Promise<void> {
    return this.#writer.replaceAll(objects);
  }

  async close(): Promise<void> {
    this.#client.close();
    this.#way.close();
    await this.server.close();
    await rm(this.#folder, { recursive: true });
  }
}

// --- internal ---

/** On every node. */
const API_PORT = 6443;
const SERVER_URL = `https://127.0.0.1:${API_PORT}`;
