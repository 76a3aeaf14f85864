/**
 * The cluster as this node sees it: what a source feeds, kept as service ports and as the settings
 * of each family's table. It stores and works out; when to act on it is somebody else's business.
 */
import { familyOf, type Cidr, type IpFamily } from '../../rules/ip.ts';
import type { TableSettings } from '../../rules/nftables/settings.ts';
import { nodeIpsFrom } from '../../rules/node/identity.ts';
import { localDetectorFor } from '../../rules/node/local-detector.ts';
import { expandNodePortAddresses } from '../../rules/node/node-port-addresses.ts';
import type {
  EndpointSlice,
  NodeFacts,
  Problem,
  Service,
  ServiceKey,
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

/** The cluster from one node's point of view. */
export class ClusterView implements ClusterSink {
  readonly nodeName: string;
  readonly #config: AgentConfig;
  readonly #events: ClusterViewEvents;
  readonly #world = createWorld();

  constructor(config: AgentConfig, nodeName: string, events: ClusterViewEvents) {
    this.nodeName = nodeName;
    this.#config = config;
    this.#events = events;
    this.#setNode(undefined);
  }

  upsertService(service: Service): void {
    this.#world.upsertService(service);
  }

  deleteService(key: ServiceKey): void {
    this.#world.deleteService(key);
  }

  upsertSlice(slice: EndpointSlice): void {
    this.#world.upsertSlice(slice);
  }

  deleteSlice(namespace: string, name: string): void {
    this.#world.deleteSlice(namespace, name);
  }

  upsertNode(node: NodeFacts): void {
    if (node.name === this.nodeName) this.#setNode(node);
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

  /** Works out what changed since the last time. */
  checkOut(): Changes {
    return this.#world.checkOut();
  }

  /** Which Services lost an address to an older one, now. */
  conflicts(): readonly Problem[] {
    return this.#world.conflicts();
  }

  get node(): NodeFacts {
    return this.#world.node;
  }

  get serviceCount(): number {
    return this.#world.serviceCount;
  }

  /** The settings of one family's table, now. */
  settings(family: IpFamily): TableSettings {
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
    });
  }
}
