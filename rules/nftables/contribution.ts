/**
 * What one service port puts into the table: elements, and the shared chains that they point at.
 */
import type { Element } from '../diff/element.ts';
import { networkOf, prefixLengthOf, type Cidr } from '../ip.ts';
import {
  noExternalEndpointsAction,
  noInternalEndpointsAction,
  sourcesAllowedFor,
} from '../services/traffic.ts';
import type { Endpoint, Frontend, ServicePort } from '../services/types.ts';
import type { RuleSettings } from '../settings.ts';
import { endpointKey, endpointMapName } from './endpoint-maps.ts';
import { concatText, LOCAL_SLOTS, SHARED_CHAINS, type Collection } from './names.ts';
import { chainsBehind, sharedChainName, type SharedChain } from './shared-chains.ts';
import { assignSlots } from './slots.ts';

/** Which endpoint (as a map's value, `10.244.1.2 . 8080`) stands at which slot. */
export interface Slots {
  readonly cluster: readonly string[];
  /** Without LOCAL_SLOTS: counted from 0. */
  readonly local: readonly string[];
}

/** One service port's share of the table. */
export interface Contribution {
  readonly elements: readonly Element[];
  readonly slots: Slots;
}

/**
 * Works out a service port's share. `previous` are its slots so far, which endpoints keep where they
 * can. This node's IPs may use a load balancer address if a source range holds them.
 */
export function contributionOf(
  port: ServicePort,
  settings: Pick<RuleSettings, 'nodeIps' | 'listenerGuard'>,
  previous: Slots,
): Contribution {
  const slots: Slots = {
    cluster: assignSlots(previous.cluster, port.endpoints.cluster.map(endpointText)),
    local: assignSlots(previous.local, port.endpoints.local.map(endpointText)),
  };
  const draft = new Draft(port, slots);
  draft.add('cluster-ips', port.clusterIP, '');
  for (const frontend of port.frontends) {
    if (frontend.kind === 'ClusterIP') addInternal(draft, frontend);
    else addExternal(draft, frontend, settings);
  }
  // Nothing listens for SCTP: its endpoints are pods in every mode.
  const leadsToListeners = settings.listenerGuard !== undefined && port.protocol !== 'sctp';
  for (const endpoint of port.endpoints.all) {
    if (leadsToListeners) draft.addNamed('listeners', listenerKey(port, endpoint), '');
    if (endpoint.isLocal) draft.add('hairpin-connections', hairpinKey(port, endpoint), '');
  }
  return { elements: [...draft.elements.values()], slots };
}

/** The key of a frontend: with its address, or by its port alone if it is a node port. */
export function frontendKey({ ip, protocol, port }: Frontend): string {
  return ip === undefined ? concatText(protocol, port) : concatText(ip, protocol, port);
}

/** A CIDR as an interval set's key: nft lists a network of one address as that address. */
export function intervalKey(cidr: Cidr): string {
  const ip = networkOf(cidr);
  return prefixLengthOf(cidr) === (ip.includes(':') ? 128 : 32) ? ip : cidr;
}

// --- internal ---

type NodeIps = Pick<RuleSettings, 'nodeIps'>;

/** nft's limit for an element's comment, in bytes; our names are ASCII. */
const MAX_COMMENT = 128;

/** Elements under construction; the same element twice is one. */
class Draft {
  readonly elements = new Map<string, Element>();
  readonly port: ServicePort;
  readonly #slots: Slots;
  readonly #comment: string;

  constructor(port: ServicePort, slots: Slots) {
    this.port = port;
    this.#slots = slots;
    this.#comment = port.displayName.slice(0, MAX_COMMENT);
  }

  add(collection: Collection | typeof SHARED_CHAINS, key: string, value: string): void {
    this.#put({ collection, key, value, comment: '' });
  }

  /** An element that people look for by the Service's name. */
  addNamed(collection: Collection, key: string, value: string): void {
    this.#put({ collection, key, value, comment: this.#comment });
  }

  /** The verdict that balances a frontend's traffic over its endpoints; adds what it needs. */
  balance(frontend: Frontend, isLocal: boolean): string {
    const isNodePort = frontend.ip === undefined;
    const slots = isLocal ? this.#slots.local : this.#slots.cluster;
    const base = isLocal ? LOCAL_SLOTS : 0;
    for (const [index, endpoint] of slots.entries()) {
      const key = endpointKey(frontend.ip, frontend.port, base + index);
      this.add(endpointMapName({ protocol: frontend.protocol, isNodePort }), key, endpoint);
    }
    const { affinitySeconds } = this.port;
    const chain: SharedChain = {
      kind: 'endpoints',
      protocol: frontend.protocol,
      isNodePort,
      isLocal,
      count: slots.length,
      affinitySeconds,
    };
    for (const each of [chain, ...chainsBehind(chain)]) {
      this.add(SHARED_CHAINS, sharedChainName(each), '');
    }
    return `goto ${sharedChainName(chain)}`;
  }

  #put(element: Element): void {
    this.elements.set(`${element.collection}/${element.key}`, element);
  }
}

function addInternal(draft: Draft, frontend: Frontend): void {
  const action = noInternalEndpointsAction(draft.port);
  const key = frontendKey(frontend);
  if (action !== undefined) {
    draft.addNamed('no-endpoint-services', key, noEndpointVerdict(action));
  } else {
    const isLocal = draft.port.internalPolicy === 'Local';
    draft.addNamed('service-ips', key, draft.balance(frontend, isLocal));
  }
}

/**
 * External traffic goes by its traffic policy: the first verdict names the chain that decides about
 * masquerade and short-circuits, and the policy maps hold where each of its ways out leads.
 */
function addExternal(draft: Draft, frontend: Frontend, settings: NodeIps): void {
  const { port } = draft;
  const key = frontendKey(frontend);
  const isNodePort = frontend.ip === undefined;
  const isLocal = port.externalPolicy === 'Local';
  const action = noExternalEndpointsAction(port);
  if (port.endpoints.hasAny) {
    const chain = `external-${isLocal ? 'local' : 'cluster'}${isNodePort ? '-nodeport' : ''}`;
    draft.addNamed(isNodePort ? 'service-nodeports' : 'service-ips', key, `goto ${chain}`);
    if (port.endpoints.cluster.length > 0) {
      const collection = isNodePort ? 'cluster-policy-nodeports' : 'cluster-policy-ips';
      draft.add(collection, key, draft.balance(frontend, false));
    }
    if (isLocal && action === undefined) {
      const collection = isNodePort ? 'local-policy-nodeports' : 'local-policy-ips';
      draft.add(collection, key, draft.balance(frontend, true));
    }
  }
  if (action !== undefined) {
    const collection = isNodePort ? 'no-endpoint-nodeports' : 'no-endpoint-services';
    draft.addNamed(collection, key, noEndpointVerdict(action));
  }
  if (frontend.kind === 'LoadBalancer') addFirewall(draft, key, settings);
}

/** Source ranges guard the address whether there are endpoints or not, unlike in iptables mode. */
function addFirewall(draft: Draft, key: string, { nodeIps }: NodeIps): void {
  const sources = sourcesAllowedFor(draft.port, { ips: nodeIps });
  if (sources.length === 0) return;
  draft.add('firewalled-ips', key, '');
  for (const cidr of sources) {
    draft.add('source-ranges', concatText(key, intervalKey(cidr)), '');
  }
}

function noEndpointVerdict(action: 'reject' | 'drop'): string {
  // reject is a statement, not a verdict that a map can hold: hence a chain for it.
  return action === 'reject' ? 'goto reject-chain' : 'drop';
}

function endpointText(endpoint: Endpoint): string {
  return concatText(endpoint.ip, endpoint.port);
}

function listenerKey({ protocol }: ServicePort, { ip, port }: Endpoint): string {
  return concatText(ip, protocol, port);
}

function hairpinKey(port: ServicePort, { ip, port: endpointPort }: Endpoint): string {
  return concatText(ip, ip, port.protocol, endpointPort);
}
