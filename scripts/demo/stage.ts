import { hostCidr, familyOf } from '../../rules/ip.ts';
import type { Listener } from '../world/host/protocol.ts';
import { type World, createWorld } from '../world/world.ts';
import { NODE_NAMES, type Pod, VIP_NODE, WORLD } from './cast.ts';
import { type Manifests, type Workload, copyExamples } from './manifests.ts';
import { NodeAgent } from './node-agent.ts';
import { Tally } from './tally.ts';

/** Builds the world of the demo, with its workloads and without agents. */
export async function buildStage(): Promise<Stage> {
  const manifests = await copyExamples(MANIFESTS_FOLDER);
  const world = await createWorld(WORLD);
  const stage = new Stage(world, manifests);
  await stage.prepare();
  return stage;
}

/** Everything that the acts of the show play with. */
export class Stage {
  readonly world: World;
  readonly manifests: Manifests;
  readonly agents: readonly NodeAgent[];
  readonly tally = new Tally();
  /** The listeners of `web`, by pod. */
  readonly #web = new Map<string, Listener>();

  constructor(world: World, manifests: Manifests) {
    this.world = world;
    this.manifests = manifests;
    const source = ['--manifests', manifests.folder];
    this.agents = NODE_NAMES.map((name) => new NodeAgent(world.host(name), source));
  }

  /** Starts what runs in the pods, and tells the router where the load balancer addresses are. */
  async prepare(): Promise<void> {
    await Promise.all([
      ...this.manifests.workloads().map((workload) => this.#listen(workload)),
      ...this.manifests.loadBalancerVIPs.map((ip) =>
        this.world.routeVia(hostCidr(ip), VIP_NODE[familyOf(ip)]),
      ),
    ]);
  }

  /** Starts `web` in a pod. */
  async startWeb(pod: Pod): Promise<void> {
    const model = this.manifests.workloads().find(({ service }) => service === 'web');
    if (model === undefined) throw new Error('nothing serves web: there is no port to listen at');
    await this.#listen({ ...model, pod });
  }

  /** Has `web` in a pod take no new connections; established ones stay. */
  async stopWeb(pod: Pod): Promise<void> {
    const listener = this.#web.get(pod.name);
    if (listener === undefined) throw new Error(`${pod.name} does not serve web`);
    this.#web.delete(pod.name);
    await this.world.host(pod.name).closeListener(listener);
  }

  async #listen({ pod, service, port }: Workload): Promise<void> {
    const { protocol } = port;
    if (protocol === 'sctp')
      throw new Error(`${service} wants SCTP, which Node has no sockets for`);
    const listener = await this.world.host(pod.name).listen({ protocol, port: port.port });
    if (service === 'web') this.#web.set(pod.name, listener);
  }
}

// --- internal ---

/** On the private /run, which goes with the world however it ends. */
const MANIFESTS_FOLDER = '/run/switchyard-demo/manifests';
