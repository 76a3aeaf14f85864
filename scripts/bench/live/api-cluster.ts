/** The made-up cluster behind a test API server in this process. */
import { writeFile } from 'node:fs/promises';
import { createTestApiServer, type TestApiServer } from '../../../test/cluster/api-server.ts';
import { initialPods, NODE, rawService, rawSlice, SERVICE_CIDR } from '../cluster.ts';
import type { ClusterSize } from '../figures.ts';

/** The cluster, and what can happen in it. */
export class ApiCluster {
  readonly #server: TestApiServer;
  readonly #size: ClusterSize;
  readonly #bookmarks: NodeJS.Timeout;
  #nextService = 0;
  #nextPod: number;

  constructor(server: TestApiServer, size: ClusterSize) {
    this.#server = server;
    this.#size = size;
    // As often as a real server: a watch without them is taken for dead.
    this.#bookmarks = setInterval(() => {
      server.bookmark();
    }, BOOKMARK_MS);
    // Pods of the initial cluster, and the probed Service's first one.
    this.#nextPod = size.services * size.endpoints + 1;
  }

  /** The number of a Service besides the others, with a single endpoint: whoever asks gets that one. */
  get probedService(): number {
    return this.#size.services;
  }

  /** How many requests the server has had. */
  get requestCount(): number {
    return this.#server.requests.of({}).length;
  }

  /** The probed Service moves to a new pod; answers its number. */
  moveProbed(): number {
    const pod = this.#nextPod++;
    this.#server.put(rawSlice(this.probedService, [pod]));
    return pod;
  }

  /** One endpoint of the next Service is replaced. */
  replaceOneEndpoint(): void {
    const service = this.#nextService++ % this.#size.services;
    const [, ...kept] = initialPods(service, this.#size.endpoints);
    this.#server.put(rawSlice(service, [this.#nextPod++, ...kept]));
  }

  async writeKubeconfig(file: string): Promise<void> {
    await writeFile(file, this.#server.kubeconfig());
  }

  async close(): Promise<void> {
    clearInterval(this.#bookmarks);
    await this.#server.close();
  }
}

/** Starts a server that holds a cluster of this size, and the probed Service besides. */
export async function createApiCluster(size: ClusterSize): Promise<ApiCluster> {
  const server = await createTestApiServer({ listsFromCache: true });
  server.put(RAW_NODE);
  server.put(RAW_SERVICE_CIDR);
  for (let service = 0; service < size.services; service++) {
    server.put(rawService(service));
    server.put(rawSlice(service, initialPods(service, size.endpoints)));
  }
  server.put(rawService(size.services));
  server.put(rawSlice(size.services, [size.services * size.endpoints]));
  return new ApiCluster(server, size);
}

// --- internal ---

const BOOKMARK_MS = 60_000;

const RAW_NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: NODE.name },
  status: { addresses: NODE.ips.map((address) => ({ type: 'InternalIP', address })) },
};

const RAW_SERVICE_CIDR = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name: 'kubernetes' },
  spec: { cidrs: [SERVICE_CIDR] },
};
