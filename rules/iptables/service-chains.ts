/** The chains of one service port (behaviour document, section 3.6). */
import type { Element } from '../diff/element.ts';
import { hostCidr, type IpFamily } from '../ip.ts';
import type { LocalDetector } from '../node/local-detector.ts';
import {
  hasExternalEndpoints,
  hasInternalEndpoints,
  isDispatchedExternally,
  sourcesAllowedFor,
} from '../services/traffic.ts';
import type { Endpoint, ServicePort } from '../services/types.ts';
import { chainElement } from './dispatch.ts';
import { endpointChain, serviceChain } from './names.ts';
import { randomMatch, renderRule, type Rule } from './rule.ts';
import type { ChainSettings } from './settings.ts';

/** Every chain that a service port has of its own. Without `hasComments` endpoints' rules carry none. */
export function serviceChains(
  port: ServicePort,
  settings: ChainSettings,
  hasComments: boolean,
): Element[] {
  const { cluster, local } = port.endpoints;
  const comment = hasComments ? endpointComment : noComment;
  return [
    ...balancing('KUBE-SVC-', port, cluster, settings, comment),
    ...balancing('KUBE-SVL-', port, local, settings, comment),
    ...(isDispatchedExternally(port)
      ? [chain(serviceChain('KUBE-EXT-', port), externalRules(port, settings))]
      : []),
    ...(hasFirewall(port)
      ? [chain(serviceChain('KUBE-FW-', port), firewallRules(port, settings))]
      : []),
    ...endpointChains(port, comment),
  ];
}

/** Whether load balancer addresses are open to some sources only. Without endpoints nobody gets in. */
export function hasFirewall({ endpoints, frontends, sourceRanges }: ServicePort): boolean {
  const hasVip = frontends.some(({ kind }) => kind === 'LoadBalancer');
  return endpoints.hasAny && hasVip && sourceRanges.length > 0;
}

// --- internal ---

type EndpointComment = (port: ServicePort, endpoint: Endpoint) => string | undefined;

function endpointComment({ displayName }: ServicePort, { id }: Endpoint): string {
  return `${displayName} -> ${id}`;
}

function noComment(): undefined {
  return undefined;
}

function chain(name: string, rules: readonly Rule[]): Element {
  return chainElement('nat', name, rules.map(renderRule));
}

/** Random choice: each endpoint takes its share of what those before it have left. */
function balancing(
  prefix: 'KUBE-SVC-' | 'KUBE-SVL-',
  port: ServicePort,
  endpoints: readonly Endpoint[],
  settings: ChainSettings,
  commentOf: EndpointComment,
): Element[] {
  if (endpoints.length === 0) return [];
  const isInternal = (port.internalPolicy === 'Local') === (prefix === 'KUBE-SVL-');
  const balance = endpoints.map((endpoint, index): Rule => {
    const left = endpoints.length - index;
    return {
      ...toEndpoint(port, endpoint),
      comment: commentOf(port, endpoint),
      matches: left === 1 ? [] : [randomMatch(left)],
    };
  });
  return [
    chain(serviceChain(prefix, port), [
      ...(isInternal ? internalMasquerade(port, settings) : []),
      ...stuckClients(port, endpoints, commentOf),
      ...balance,
    ]),
  ];
}

/** The address keeps this from external traffic that comes to the same chain. */
function internalMasquerade(port: ServicePort, settings: ChainSettings): Rule[] {
  const { masqueradeAll, localDetector } = settings;
  const frontend = port.frontends.find(({ kind }) => kind === 'ClusterIP');
  if (frontend?.ip === undefined || !hasInternalEndpoints(port)) return [];
  if (!masqueradeAll && localDetector === undefined) return [];
  return [
    {
      ...(masqueradeAll || localDetector === undefined ? {} : notLocal(localDetector)),
      destination: hostCidr(frontend.ip),
      protocol: frontend.protocol,
      comment: `${port.displayName} cluster IP`,
      port: frontend.port,
      verdict: '-j KUBE-MARK-MASQ',
    },
  ];
}

/** ClientIP affinity: whoever an endpoint's chain has seen lately goes there again. */
function stuckClients(
  port: ServicePort,
  endpoints: readonly Endpoint[],
  commentOf: EndpointComment,
): Rule[] {
  const { affinitySeconds } = port;
  if (affinitySeconds === undefined) return [];
  return endpoints.map((endpoint) => ({
    comment: commentOf(port, endpoint),
    matches: [
      `-m recent --rcheck --seconds ${affinitySeconds} --reap ${recentList(port, endpoint)}`,
    ],
    verdict: `-j ${endpointChain(port, endpoint)}`,
  }));
}

/** Straight to the endpoint; with affinity by way of a chain that remembers the client. */
function toEndpoint(port: ServicePort, endpoint: Endpoint): Pick<Rule, 'protocol' | 'verdict'> {
  return port.affinitySeconds === undefined
    ? translation(port, endpoint)
    : { verdict: `-j ${endpointChain(port, endpoint)}` };
}

function translation(
  { protocol }: ServicePort,
  { id }: Endpoint,
): Pick<Rule, 'protocol' | 'verdict'> {
  return { protocol, verdict: `-j DNAT --to-destination ${id}` };
}

function endpointChains(port: ServicePort, commentOf: EndpointComment): Element[] {
  if (port.affinitySeconds === undefined) return [];
  return port.endpoints.all.map((endpoint) =>
    chain(endpointChain(port, endpoint), [
      {
        ...translation(port, endpoint),
        comment: commentOf(port, endpoint),
        matches: [`-m recent --set ${recentList(port, endpoint)}`],
      },
    ]),
  );
}

function recentList(port: ServicePort, endpoint: Endpoint): string {
  return `--name ${endpointChain(port, endpoint)} --mask ${HOST_MASKS[port.family]} --rsource`;
}

const HOST_MASKS: Readonly<Record<IpFamily, string>> = {
  IPv4: '255.255.255.255',
  IPv6: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
};

function externalRules(port: ServicePort, { localDetector }: ChainSettings): Rule[] {
  const isLocal = port.externalPolicy === 'Local';
  const prefix = isLocal ? 'KUBE-SVL-' : 'KUBE-SVC-';
  return [
    ...(isLocal ? shortCircuits(port, localDetector) : [masqueradeExternal(port)]),
    ...(hasExternalEndpoints(port) ? [{ verdict: `-j ${serviceChain(prefix, port)}` }] : []),
  ];
}

/** So that an endpoint on another node answers through this one. */
function masqueradeExternal({ displayName }: ServicePort): Rule {
  const comment = `masquerade traffic for ${displayName} external destinations`;
  return { comment, verdict: '-j KUBE-MARK-MASQ' };
}

/** Local policy is about traffic from outside: pods and this node reach endpoints anywhere. */
function shortCircuits(port: ServicePort, detector: LocalDetector | undefined): Rule[] {
  const { displayName } = port;
  const toEndpointsAnywhere = `-j ${serviceChain('KUBE-SVC-', port)}`;
  const fromThisNode = ['-m addrtype --src-type LOCAL'];
  return [
    ...(detector === undefined
      ? []
      : [
          {
            ...local(detector),
            comment: `pod traffic for ${displayName} external destinations`,
            verdict: toEndpointsAnywhere,
          },
        ]),
    {
      comment: `masquerade LOCAL traffic for ${displayName} external destinations`,
      matches: fromThisNode,
      verdict: '-j KUBE-MARK-MASQ',
    },
    {
      comment: `route LOCAL traffic for ${displayName} external destinations`,
      matches: fromThisNode,
      verdict: toEndpointsAnywhere,
    },
  ];
}

function firewallRules(port: ServicePort, { nodeIps }: ChainSettings): Rule[] {
  const { displayName } = port;
  return [
    ...sourcesAllowedFor(port, { ips: nodeIps }).map((source) => ({
      source,
      comment: `${displayName} loadbalancer IP`,
      verdict: `-j ${serviceChain('KUBE-EXT-', port)}`,
    })),
    { comment: `other traffic to ${displayName} will be dropped by KUBE-PROXY-FIREWALL` },
  ];
}

function local(detector: LocalDetector): Pick<Rule, 'source' | 'inInterface'> {
  switch (detector.kind) {
    case 'cidr':
      return { source: detector.cidr };
    case 'interface':
      return { inInterface: detector.name };
    case 'interface-prefix':
      return { inInterface: startingWith(detector.prefix) };
  }
}

function notLocal(detector: LocalDetector): Pick<Rule, 'source' | 'inInterface'> {
  switch (detector.kind) {
    case 'cidr':
      return { source: { not: detector.cidr } };
    case 'interface':
      return { inInterface: { not: detector.name } };
    case 'interface-prefix':
      return { inInterface: { not: startingWith(detector.prefix) } };
  }
}

/** A prefix as long as names may be is one: with a `+` iptables would refuse it. */
function startingWith(prefix: string): string {
  return prefix.length < MAX_INTERFACE_NAME ? `${prefix}+` : prefix;
}

const MAX_INTERFACE_NAME = 15;
