/** The demo's own copy of manifests/examples: read for what it says, edited in the course of the show. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, YAMLSeq } from 'yaml';
import { readManifests } from '../../agent/cluster/manifest-reader.ts';
import type { IpFamily } from '../../rules/ip.ts';
import { serviceKey } from '../../rules/services/keys.ts';
import type { EndpointSlice, Service, SlicePort } from '../../rules/services/types.ts';
import { type Pod, podAt } from './cast.ts';

/** An endpoint of `web` as its slices are to have it, in both families. */
export interface WebEndpoint {
  readonly pod: Pod;
  /** A terminating pod still answers, and wants no new connections. */
  readonly state: 'ready' | 'terminating';
}

/** A pod that serves a Service's port. */
export interface Workload {
  readonly pod: Pod;
  readonly service: string;
  readonly port: SlicePort;
}

/** A folder of manifests. */
export class Manifests {
  readonly folder: string;
  readonly #services: readonly Service[];
  readonly #slices: readonly EndpointSlice[];

  constructor(folder: string, services: readonly Service[], slices: readonly EndpointSlice[]) {
    this.folder = folder;
    this.#services = services;
    this.#slices = slices;
  }

  /** How many Services there are. */
  get serviceCount(): number {
    return this.#services.length;
  }

  /** All addresses that a load balancer outside would send to the nodes. */
  get loadBalancerVIPs(): Service['loadBalancerVIPs'] {
    return this.#services.flatMap(({ loadBalancerVIPs }) => loadBalancerVIPs);
  }

  /** The Service with this name; throws when there is none. */
  service(name: string): Service {
    const service = this.#services.find((each) => each.name === name);
    if (service === undefined) throw new Error(`${this.folder} has no Service ${name}`);
    return service;
  }

  /** Who serves what at the beginning, each pod and port once although it is in a slice a family. */
  workloads(): readonly Workload[] {
    const workloads = new Map<string, Workload>();
    for (const { name, namespace } of this.#services) {
      for (const slice of this.#slicesOf(namespace, name)) {
        for (const { ip } of slice.endpoints) {
          for (const port of slice.ports) {
            const pod = podAt(ip);
            const id = `${name} ${pod.name} ${port.protocol} ${port.port}`;
            workloads.set(id, { pod, service: name, port });
          }
        }
      }
    }
    return [...workloads.values()];
  }

  /** Writes who the endpoints of `web` are; resolves to when that was done, in ms since the epoch. */
  async writeWebEndpoints(endpoints: readonly WebEndpoint[]): Promise<number> {
    const path = join(this.folder, WEB_FILE);
    const documents = parseAllDocuments(await readFile(path, 'utf8'));
    for (const document of documents) {
      if (document.get('kind') !== 'EndpointSlice') continue;
      const family: IpFamily = document.get('addressType') === 'IPv6' ? 'IPv6' : 'IPv4';
      const list = new YAMLSeq();
      // An endpoint a line, as in the original: with --keep people edit this file.
      list.items = endpoints.map((endpoint) =>
        document.createNode(sliceEndpoint(endpoint, family), { flow: true }),
      );
      document.set('endpoints', list);
    }
    await writeFile(path, documents.map((document) => document.toString(LAYOUT)).join(''));
    return Date.now();
  }

  /** The pods behind a Service at the beginning. */
  podsOf(service: string): Pod[] {
    const ofService = this.workloads().filter((workload) => workload.service === service);
    return [...new Set(ofService.map(({ pod }) => pod))];
  }

  #slicesOf(namespace: string, name: string): readonly EndpointSlice[] {
    return this.#slices.filter(({ service }) => service === serviceKey(namespace, name));
  }
}

/** Copies manifests/examples to a folder that does not exist yet. */
export async function copyExamples(folder: string): Promise<Manifests> {
  await cp(EXAMPLES, folder, { recursive: true });
  const { objects } = await readManifests(folder, { stdin: process.stdin });
  const all = [...objects.values()];
  return new Manifests(
    folder,
    all.flatMap((object) => (object.kind === 'Service' ? [object.value] : [])),
    all.flatMap((object) => (object.kind === 'EndpointSlice' ? [object.value] : [])),
  );
}

/** The file that holds `web` and its slices, and no others. */
export const WEB_FILE = 'web.yaml';

// --- internal ---

const EXAMPLES = fileURLToPath(new URL('../../manifests/examples', import.meta.url));

/** Lines are as long as they are. */
const LAYOUT = { lineWidth: 0 } as const;

function sliceEndpoint({ pod, state }: WebEndpoint, family: IpFamily): object {
  const conditions =
    state === 'ready' ? { ready: true } : { ready: false, serving: true, terminating: true };
  return { addresses: [pod.ips[family]], nodeName: pod.nodeName, conditions };
}
