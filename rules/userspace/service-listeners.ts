/**
 * Service ports as listeners of the userspace proxy, and as rules that lead there: the same service
 * ports, but where a rule would have led to endpoints it leads to a listener on this node.
 */
import { joinHostPort, type Ip } from '../ip.ts';
import type { LoadBalancing } from '../services/load-balancing.ts';
import { externalEndpointsOf } from '../services/traffic.ts';
import type { ChosenEndpoints, Endpoint, Protocol, ServicePort } from '../services/types.ts';
import type { ListenerSpec } from './listener-spec.ts';

/** What of a listener no Service says. */
export interface ListenerDefaults {
  /** For Services that name no balancer. */
  readonly loadBalancing: LoadBalancing;
}

/** A listener that rules in the kernel lead to. */
export type FoundListener = readonly [Protocol, id: string, port: number];

/** The port at which a listener listens, by its id; `undefined` when it does not. */
export type PortOf = (listenerId: string) => number | undefined;

/**
 * The listeners that a service port's rules lead to: one for endpoints anywhere and one for those on this
 * node, each only where it has any. Nothing listens for SCTP.
 */
export function redirectedListeners(
  port: ServicePort,
  ip: Ip,
  portOf: PortOf,
  defaults: ListenerDefaults,
): ListenerSpec[] {
  return listsOf(port).flatMap((list) => {
    const id = redirectedListenerId(port, list);
    const place = { id, ips: [ip], port: portOf(id) };
    return listenerSpecs(port, place, port.endpoints[list], defaults);
  });
}

/** The identity of such a listener. */
export function redirectedListenerId({ family, key }: ServicePort, list: EndpointList): string {
  return `${family} ${key} ${list}`;
}

/** Which of a service port's endpoints a listener serves. */
export type EndpointList = 'cluster' | 'local';

/** The lists of which a service port has any endpoint. */
export function listsOf({ endpoints }: ServicePort): EndpointList[] {
  return ENDPOINT_LISTS.filter((list) => endpoints[list].length > 0);
}

/**
 * A service port whose rules lead to its listeners. It has no affinity, since the proxy sees to that.
 * Where a listener does not listen it is one without endpoints: a client that is refused knows at once.
 */
export function redirectedPort(port: ServicePort, ip: Ip, portOf: PortOf): ServicePort {
  if (port.protocol === 'sctp') return port;
  const endpoints: Record<EndpointList, Endpoint[]> = { cluster: [], local: [] };
  let isComplete = true;
  for (const list of listsOf(port)) {
    const listenerPort = portOf(redirectedListenerId(port, list));
    if (listenerPort === undefined) isComplete = false;
    else endpoints[list].push(listenerEndpoint(ip, listenerPort));
  }
  const chosen = isComplete ? chosenOf(endpoints, port.endpoints.hasAny) : NOBODY;
  const servingUdp = port.protocol === 'udp' ? chosen.all.map(({ id }) => id) : [];
  return { ...port, affinitySeconds: undefined, endpoints: chosen, servingUdp };
}

/**
 * The listener that serves a service port's node port itself, at addresses of this node; none where there
 * is no node port or no endpoint. Whoever comes is outside traffic to it.
 */
export function nodePortListeners(
  port: ServicePort,
  ips: readonly Ip[],
  defaults: ListenerDefaults,
): ListenerSpec[] {
  const nodePort = port.frontends.find(({ kind }) => kind === 'NodePort');
  if (nodePort === undefined || ips.length === 0) return [];
  const id = `${port.family} ${port.key} node port`;
  return listenerSpecs(port, { id, ips, port: nodePort.port }, externalEndpointsOf(port), defaults);
}

// --- internal ---

const ENDPOINT_LISTS: readonly EndpointList[] = ['cluster', 'local'];

const NOBODY: ChosenEndpoints = { cluster: [], local: [], all: [], hasAny: false };

function listenerSpecs(
  port: ServicePort,
  place: Pick<ListenerSpec, 'id' | 'ips' | 'port'>,
  endpoints: readonly Endpoint[],
  defaults: ListenerDefaults,
): ListenerSpec[] {
  const { key, family, protocol, affinitySeconds } = port;
  if (protocol === 'sctp' || endpoints.length === 0) return [];
  return [
    {
      ...place,
      servicePort: key,
      family,
      protocol,
      endpoints: endpoints.map(({ id, ip, port: number, weight }) => {
        return { id, ip, port: number, weight };
      }),
      loadBalancing: port.loadBalancing ?? defaults.loadBalancing,
      affinitySeconds,
      sendsProxyHeader: port.sendsProxyHeader && protocol === 'tcp',
    },
  ];
}

function chosenOf(
  { cluster, local }: Readonly<Record<EndpointList, readonly Endpoint[]>>,
  hasAny: boolean,
): ChosenEndpoints {
  return { cluster, local, all: [...cluster, ...local], hasAny };
}

/** A listener in an endpoint's place. Not local: pods are sent to themselves by the proxy, not by rules. */
function listenerEndpoint(ip: Ip, port: number): Endpoint {
  return {
    ip,
    port,
    id: joinHostPort(ip, port),
    isLocal: false,
    ready: true,
    serving: true,
    terminating: false,
    zoneHints: [],
    nodeHints: [],
    weight: 1,
  };
}
