/** etcd and kube-apiserver, as released by the Kubernetes project, as the API server of tests. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { TEST_SERVICE_CIDR } from '../../netns/packets/cluster.ts';
import { clusterIp } from '../../support/addresses.ts';
import { ApiClient, isRefusal, type ApiAccess } from '../api-client.ts';
import { createCertificates } from '../certificates.ts';
import type { ApiServer, ApiUser } from '../server.ts';
import { startChild, type Child } from './child.ts';
import { etcdArguments, kubeApiServerArguments, type ServerPlace } from './command-lines.ts';
import { writeServerFiles, type ServerSecrets } from './files.ts';

/** What is started. */
export interface KubeApiServerOptions {
  /** The folder with the programs `etcd` and `kube-apiserver`. */
  readonly assets: string;
  /** Where the folder for its files is made. */
  readonly parent: string;
}

/** What is missing in a folder of programs; `undefined` when nothing is, or none is named. */
export function kubeApiServerObstacle(assets: string): string | undefined {
  const missing = ['etcd', 'kube-apiserver'].filter((name) => !existsSync(join(assets, name)));
  if (assets === '' || missing.length === 0) return undefined;
  return `KUBEBUILDER_ASSETS is ${assets}, where there is no ${missing.join(' and no ')}`;
}

/** Starts both; rejects, with what they said, when one of them ends or is not ready in time. */
export async function createKubeApiServer(options: KubeApiServerOptions): Promise<ApiServer> {
  const { assets, parent } = options;
  const folder = await mkdtemp(join(parent, 'switchyard-kube-apiserver-'));
  const place = { folder, port: await freePort(), etcdPort: await freePort() };
  const secrets = {
    certificates: await createCertificates(),
    tokens: { admin: crypto.randomUUID(), agent: crypto.randomUUID() },
  };
  await writeServerFiles(folder, secrets);
  const server = new KubeApiServer(assets, place, secrets);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

// --- internal ---

/** As long as a slow machine needs for the first start. */
const READY_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 200;

/** What agents may do, as in a cluster. */
const ROLE = join(import.meta.dirname, '../../../manifests/base/role.yaml');

const PROBE_IPS = IP_FAMILIES.map((family) => clusterIp(family, 40_000));

/** A Service with addresses of the tests' range, to see whether they are given out. */
const PROBE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'probe' },
  spec: {
    clusterIP: PROBE_IPS[0],
    clusterIPs: PROBE_IPS,
    ipFamilyPolicy: 'RequireDualStack',
    ports: [{ port: 80 }],
  },
};

class KubeApiServer implements ApiServer {
  readonly name = 'kube-apiserver';
  readonly test = undefined;
  readonly #assets: string;
  readonly #place: ServerPlace;
  readonly #secrets: ServerSecrets;
  #etcd: Child | undefined;
  #server: Child | undefined;

  constructor(assets: string, place: ServerPlace, secrets: ServerSecrets) {
    this.#assets = assets;
    this.#place = place;
    this.#secrets = secrets;
  }

  get port(): number {
    return this.#place.port;
  }

  async start(): Promise<void> {
    this.#etcd = this.#startProgram('etcd', etcdArguments(this.#place));
    await this.restart();
    await this.#withClient(async (client) => {
      await openServiceRange(client);
      for (const document of parseAllDocuments(await readFile(ROLE, 'utf8'))) {
        const role = document.toJS() as { kind: string };
        const path = `/apis/rbac.authorization.k8s.io/v1/${role.kind.toLowerCase()}s`;
        await client.json('POST', path, role);
      }
    });
  }

  access(user: ApiUser): ApiAccess {
    const { certificates, tokens } = this.#secrets;
    return { url: `https://127.0.0.1:${this.port}`, ca: certificates.ca, token: tokens[user] };
  }

  async kill(): Promise<void> {
    await this.#server?.kill();
  }

  async restart(): Promise<void> {
    this.#server = this.#startProgram('kube-apiserver', kubeApiServerArguments(this.#place));
    await this.#untilReady();
  }

  async close(): Promise<void> {
    await this.kill();
    await this.#etcd?.kill();
    await rm(this.#place.folder, { recursive: true, force: true });
  }

  #startProgram(name: string, args: readonly string[]): Child {
    return startChild(join(this.#assets, name), args, join(this.#place.folder, `${name}.log`));
  }

  /** Ready, and with the namespace that objects go to, which it makes itself a moment later. */
  async #untilReady(): Promise<void> {
    const deadline = performance.now() + READY_LIMIT_MS;
    await this.#withClient(async (client) => {
      while (!(await isReady(client))) {
        await this.#etcd?.mustRun();
        await this.#server?.mustRun();
        if (performance.now() > deadline) {
          throw new Error(`kube-apiserver was not ready within ${READY_LIMIT_MS / 1000} s`);
        }
        await sleep(LOOK_EVERY_MS);
      }
    });
  }

  async #withClient(act: (client: ApiClient) => Promise<void>): Promise<void> {
    const client = new ApiClient(this.access('admin'));
    try {
      await act(client);
    } finally {
      client.close();
    }
  }
}

/**
 * Adds the range of the tests' ClusterIPs, and waits until the server gives out of it: it learns of a
 * ServiceCIDR a moment after it has taken it.
 */
async function openServiceRange(client: ApiClient): Promise<void> {
  await client.json('POST', '/apis/networking.k8s.io/v1/servicecidrs', TEST_SERVICE_CIDR);
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    try {
      await client.json('POST', '/api/v1/namespaces/default/services?dryRun=All', PROBE);
      return;
    } catch (error) {
      if (!isRefusal(error, 422) || performance.now() > deadline) throw error;
      await sleep(LOOK_EVERY_MS);
    }
  }
}

async function isReady(client: ApiClient): Promise<boolean> {
  try {
    await client.text('GET', '/readyz');
    await client.json('GET', '/api/v1/namespaces/default');
    return true;
  } catch (error) {
    // A server that knows us and forbids it will not change its mind.
    if (isRefusal(error, 401) || isRefusal(error, 403)) throw error;
    return false;
  }
}

/** Taken by nobody at this moment; the programs cannot be asked which they have chosen. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  return port;
}
