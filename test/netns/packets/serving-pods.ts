/** Pods that begin and cease to serve while traffic goes on. */
import type { Listener } from '../../../scripts/world/host/protocol.ts';
import type { Bed } from './bed.ts';
import { eventually } from '../../support/eventually.ts';
import { ipsOfHost } from './hosts.ts';
import type { Endpoint } from './service.ts';

/** Those of a bed that serve a port besides the ones that every pod serves. */
export class ServingPods {
  readonly #bed: Bed;
  readonly #port: number;
  readonly #listeners = new Map<string, readonly Listener[]>();

  constructor(bed: Bed, port: number) {
    this.#bed = bed;
    this.#port = port;
  }

  /** Has a pod serve. */
  async open(pod: string): Promise<void> {
    this.#listeners.set(pod, await this.#bed.serve(pod, ipsOfHost(pod), this.#port));
  }

  /** As a pod ends that is given the time: once nobody comes any more. Accepted connections stay. */
  async close(pod: string): Promise<void> {
    const host = this.#bed.world.host(pod);
    const opened = this.#listeners.get(pod) ?? [];
    let counts = '';
    const isQuiet = async (): Promise<boolean> => {
      const before = counts;
      counts = (await Promise.all(opened.map((each) => host.countConnections(each)))).join();
      return counts === before;
    };
    await eventually(isQuiet, () => `nobody comes to ${pod} any more`);
    await Promise.all(opened.map((each) => host.closeListener(each)));
  }
}

/** As the EndpointSlice controller writes a pod that is being deleted and still answers. */
export function draining(host: string): Endpoint {
  return { host, ready: false, serving: true, terminating: true };
}
