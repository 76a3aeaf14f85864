/**
 * Where connections land: every address of a pod is this machine's own, and one listener takes them
 * all and looks at the address that it was reached at.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { reset } from '../../../agent/userspace/reset.ts';
import { clusterIpOf, NODE, POD_CIDR, podIpOf, SERVICE_CIDR } from '../cluster.ts';

/** Makes this network namespace the home of every pod and of node-0. */
export async function prepareNetwork(): Promise<void> {
  const [nodeIp = ''] = NODE.ips;
  await execa('ip', ['link', 'set', 'lo', 'up']);
  await execa('ip', ['address', 'add', nodeIp, 'dev', 'lo']);
  for (const cidr of [POD_CIDR, SERVICE_CIDR]) {
    await execa('ip', ['route', 'add', 'local', cidr, 'dev', 'lo', 'src', nodeIp]);
  }
}

/** Answers for all pods. */
export class PodListener {
  readonly #server: Server;

  constructor() {
    this.#server = createServer();
  }

  async start(): Promise<void> {
    this.#server.listen(POD_PORT, '0.0.0.0');
    await once(this.#server, 'listening');
  }

  /**
   * Connects to a Service, again and again, until a connection lands at this pod; answers when that
   * was, as `performance.now()` has it. Rejects when the signal aborts.
   */
  async untilLanded(service: number, pod: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      const landed = await this.#landingOf(service);
      if (landed === podIpOf(pod)) return performance.now();
      await sleep(PAUSE_MS, undefined, { signal });
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The pod's address; `undefined` when nothing was reached. */
  async #landingOf(service: number): Promise<string | undefined> {
    const client = connect({ host: clusterIpOf(service), port: SERVICE_PORT });
    const taken = new AbortController();
    try {
      return await Promise.race([this.#accept(taken.signal), failureOf(client)]);
    } finally {
      taken.abort();
      // With a reset: nothing waits in TIME_WAIT.
      reset(client);
    }
  }

  async #accept(signal: AbortSignal): Promise<string | undefined> {
    try {
      const [socket] = (await once(this.#server, 'connection', { signal })) as [Socket];
      const { address } = socket.address() as AddressInfo;
      socket.on('error', () => undefined).destroy();
      return address;
    } catch {
      return undefined; // The client has failed meanwhile.
    }
  }
}

// --- internal ---

/** As in the made-up cluster. */
const SERVICE_PORT = 80;
const POD_PORT = 8080;

/** Between two connections. */
const PAUSE_MS = 1;

/** Resolves when a connection cannot be made: refused, as long as there are no rules for it. */
async function failureOf(client: Socket): Promise<undefined> {
  await new Promise<void>((resolve) => {
    client.on('error', () => {
      resolve();
    });
  });
}
