/**
 * The cluster as this node sees it: what a source feeds, kept as service ports and as the settings
 * of each family's table. It stores and works out; when to act on it is somebody else's business.
 */
import { familyOf, type Cidr, type IpFamily } from '../../rules/ip.ts';
import type { RuleSettings } from '../../rules/settings.ts';
import { nodeIpsFrom } from '../../rules/node/identity.ts';
import { localDetectorFor } from '../../rules/node/local-detector.ts';
import { expandNodePortAddresses } from '../../rules/node/node-port-addresses.ts';
import type {
  EndpointSlice,
  NodeFacts,
  Problem,
  Service,
  ServiceKey,
  ServicePort,
} from '../../rules/services/types.ts';
import { createWorld, type Changes } from '../../rules/services/world.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { LocatedProblem } from './problems.ts';
import type { ClusterSink } from './source.ts';

/** What a view tells its owner. */
export interface ClusterViewEvents {
  /** There is something to check out. */
  changed(): void;
  /** Something in the input is wrong. */
  problem(problem: LocatedProblem): void;
}

/** How often objects of one kind changed. */
export interface ChangeCount {
  readonly total: number;
  /** Those since the last `checkOut`. */
  readonly pending: number;
}

/** The cluster from one node's point of view. */
export class ClusterView implements ClusterSink {
  readonly nodeName: string;
  #config: AgentConfig;
  #isReconfigured = false;
  readonly #events: ClusterViewEvents;
  readonly #world = createWorld();
  #nodeObject: NodeFacts | undefined;
  readonly #counts = { services: { total: 0, pending: 0 }, slices: { total: 0, pending: 0 } };
  #triggers: Record<IpFamily, number[]> = { IPv4: [], IPv6: [] };

  constructor(config: AgentConfig, nodeName: string, events: ClusterViewEvents) {
    this.nodeName = nodeName;
    this.#config = config;
    this.#events = events;
    this.#setNode(undefined);
  }

  upsertService(service: Service): void {
    count(this.#counts.services);
    this.#world.upsertService(service);
  }

  deleteService(key: ServiceKey): void {
    count(this.#counts.services);
    this.#world.deleteService(key);
  }

  upsertSlice(slice: EndpointSlice): void {
    count(this.#counts.slices);
    this.#world.upsertSlice(slice);
  }

  deleteSlice(namespace: string, name: string): void {
    count(this.#counts.slices);
    this.#world.deleteSlice(namespace, name);
  }

  triggered(_service: ServiceKey, family: IpFamily, atMs: number): void {
    this.#triggers[family].push(atMs);
  }

  upsertNode(node: NodeFacts): void {
    if (node.name !== this.nodeName) return;
    this.#nodeObject = node;
    this.#setNode(node);
  }

  /** The node's last known facts stay: it still runs our endpoints while its object is gone. */
  deleteNode(): void {
    return;
  }

  setServiceCidrs(name: string, cidrs: readonly Cidr[] | undefined): void {
    this.#world.setServiceCidrs(name, cidrs);
  }

  problem(problem: LocatedProblem): void {
    this.#events.problem(problem);
  }

  changed(): void {
    this.#events.changed();
  }

  /** Sees the cluster by another configuration: the settings change, which calls for a sync. */
  reconfigure(config: AgentConfig): void {
    this.#config = config;
    this.#isReconfigured = true;
    this.#setNode(this.#nodeObject);
    this.#events.changed();
  }

  /** Works out what changed since the last time. */
  checkOut(): Changes {
    for (const kind of Object.values(this.#counts)) kind.pending = 0;
    const changes = this.#world.checkOut();
    // The settings come of both, so that either calls for a look at them.
    const nodeChanged = changes.nodeChanged || this.#isReconfigured;
    this.#isReconfigured = false;
    return { ...changes, nodeChanged };
  }

  /** When that happened which has changed slices since the last call, in ms since the epoch. */
  takeTriggers(): Readonly<Record<IpFamily, readonly number[]>> {
    const taken = this.#triggers;
    this.#triggers = { IPv4: [], IPv6: [] };
    return taken;
  }

  /** Which Services lost an address to an older one, now. */
  conflicts(): readonly Problem[] {
    return this.#world.conflicts();
  }

  /** What the Node object says, with nothing filled in; `undefined` until there is one. */
  get nodeObject(): NodeFacts | undefined {
    return this.#nodeObject;
  }

  get node(): NodeFacts {
    return this.#world.node;
  }

  get serviceCount(): number {
    return this.#world.serviceCount;
  }

  /** How often Services and slices changed. */
  get changeCounts(): { readonly services: ChangeCount; readonly slices: ChangeCount } {
    return this.#counts;
  }

  /** Every Service that has ports, as of the last `checkOut`. */
  allPorts(): ReadonlyMap<ServiceKey, readonly ServicePort[]> {
    return this.#world.allPorts();
  }

  /** The settings of one family's table, now. */
  settings(family: IpFamily): RuleSettings {
    const { masqueradeMark, masqueradeAll, detectLocal, nodePortAddresses } = this.#config;
    const { node } = this.#world;
    return {
      masqueradeMark,
      masqueradeAll,
      localDetector: localDetectorFor(detectLocal, node, family),
      nodePorts: expandNodePortAddresses(nodePortAddresses, node.ips, family),
      serviceCidrs: this.#world.serviceCidrs(family),
      nodeIps: node.ips.filter((ip) => familyOf(ip) === family),
    };
  }

  #setNode(node: NodeFacts | undefined): void {
    this.#world.setNode({
      name: this.nodeName,
      zone: node?.zone ?? '',
      ips: nodeIpsFrom(this.#config.bindAddress, node?.ips ?? []),
      podCIDRs: node?.podCIDRs ?? [],
      isEligible: node?.isEligible ?? false,
    });
  }
}

// --- internal ---

function count(kind: { total: number; pending: number }): void {
  kind.total += 1;
  kind.pending += 1;
}
