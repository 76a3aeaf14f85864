/**
 * What one service port puts into the tables: chains of its own, and the rules by which packets find
 * them (behaviour document, sections 3.5 and 3.6).
 */
import type { Element } from '../diff/element.ts';
import {
  hasInternalEndpoints,
  isDispatchedExternally,
  noExternalEndpointsAction,
  noInternalEndpointsAction,
  type NoEndpointsAction,
} from '../services/traffic.ts';
import type { Endpoint, Frontend, ServicePort } from '../services/types.ts';
import { hostCidr } from '../ip.ts';
import { dispatchKey, type Destination } from './dispatch-key.ts';
import type { DispatchName } from './dispatches.ts';
import { LISTENER_COMMENT, serviceChain } from './names.ts';
import { renderRule, type Rule } from './rule.ts';
import { hasFirewall, serviceChains } from './service-chains.ts';
import type { ChainSettings } from './settings.ts';

/** A rule that a dispatch finds by its key. */
export interface DispatchEntry {
  readonly dispatch: DispatchName;
  readonly key: string;
  readonly rule: string;
}

/** One service port's share of the tables. */
export interface Contribution {
  readonly chains: readonly Element[];
  readonly entries: readonly DispatchEntry[];
}

/** Works out a service port's share. Without `hasComments` rules for endpoints carry none. */
export function contributionOf(
  port: ServicePort,
  settings: ChainSettings,
  hasComments: boolean,
): Contribution {
  return {
    chains: serviceChains(port, settings, hasComments),
    entries: [
      ...port.frontends.flatMap((frontend) => frontendEntries(port, frontend)),
      ...hairpinEntries(port),
      ...listenerEntries(port, settings),
      ...healthCheckEntries(port),
    ],
  };
}

// --- internal ---

function frontendEntries(port: ServicePort, frontend: Frontend): DispatchEntry[] {
  switch (frontend.kind) {
    case 'ClusterIP':
      return internalEntries(port, frontend);
    case 'ExternalIP':
      return externalEntries(port, frontend, 'external IP');
    case 'LoadBalancer':
      return [
        ...externalEntries(port, frontend, 'loadbalancer IP'),
        ...firewallEntries(port, frontend),
      ];
    case 'NodePort':
      return nodePortEntries(port, frontend);
  }
}

function internalEntries(port: ServicePort, frontend: Frontend): DispatchEntry[] {
  if (hasInternalEndpoints(port)) {
    const prefix = port.internalPolicy === 'Local' ? 'KUBE-SVL-' : 'KUBE-SVC-';
    const comment = `${port.displayName} cluster IP`;
    return [entry('services', frontend, { comment, verdict: `-j ${serviceChain(prefix, port)}` })];
  }
  return refusal('internalRefusals', port, frontend, noInternalEndpointsAction(port));
}

/** Both the dispatch and the refusal when only this node has no endpoints: pods go elsewhere. */
function externalEntries(port: ServicePort, frontend: Frontend, kind: string): DispatchEntry[] {
  const comment = `${port.displayName} ${kind}`;
  const isGuarded = frontend.kind === 'LoadBalancer' && hasFirewall(port);
  const chain = serviceChain(isGuarded ? 'KUBE-FW-' : 'KUBE-EXT-', port);
  return [
    ...(isDispatchedExternally(port)
      ? [entry('services', frontend, { comment, verdict: `-j ${chain}` })]
      : []),
    ...refusal('externalRefusals', port, frontend, noExternalEndpointsAction(port)),
  ];
}

/** What KUBE-FW did not let through was not translated, and is still on its way to the address. */
function firewallEntries(port: ServicePort, frontend: Frontend): DispatchEntry[] {
  if (!hasFirewall(port)) return [];
  const comment = `${port.displayName} traffic not accepted by ${serviceChain('KUBE-FW-', port)}`;
  return [entry('firewalls', frontend, { comment, verdict: '-j DROP' })];
}

function nodePortEntries(port: ServicePort, frontend: Frontend): DispatchEntry[] {
  const comment = port.displayName;
  const verdict = `-j ${serviceChain('KUBE-EXT-', port)}`;
  return [
    ...(isDispatchedExternally(port) ? [entry('nodePorts', frontend, { comment, verdict })] : []),
    ...refusal('nodePortRefusals', port, frontend, noExternalEndpointsAction(port)),
  ];
}

function refusal(
  dispatch: DispatchName,
  port: ServicePort,
  frontend: Frontend,
  action: NoEndpointsAction | undefined,
): DispatchEntry[] {
  if (action === undefined) return [];
  const reason = action === 'reject' ? 'has no endpoints' : 'has no local endpoints';
  const rule: Rule = {
    comment: `${port.displayName} ${reason}`,
    verdict: action === 'reject' ? rejectVerdict(port) : '-j DROP',
  };
  return [entry(dispatch, frontend, rule)];
}

function rejectVerdict({ family }: ServicePort): string {
  const icmp = family === 'IPv4' ? 'icmp' : 'icmp6';
  return `-j REJECT --reject-with ${icmp}-port-unreachable`;
}

/** Of this node's endpoints: one elsewhere answers itself without coming back here. */
function hairpinEntries({ endpoints, protocol }: ServicePort): DispatchEntry[] {
  return endpoints.all
    .filter(({ isLocal }) => isLocal)
    .map((endpoint: Endpoint) => {
      const destination = { ip: endpoint.ip, protocol, port: endpoint.port };
      return entry('hairpins', destination, {
        source: hostCidr(endpoint.ip),
        matches: ['-m conntrack --ctstate DNAT'],
        verdict: '-j MASQUERADE --random-fully',
      });
    });
}

/**
 * Keeps listeners of the userspace proxy from clients that did not come by a Service. Nobody listens for
 * SCTP: its endpoints are pods in every mode.
 */
function listenerEntries(port: ServicePort, { listenerGuard }: ChainSettings): DispatchEntry[] {
  if (listenerGuard === undefined || port.protocol === 'sctp') return [];
  const rule: Rule = {
    comment: `${port.displayName} ${LISTENER_COMMENT}`,
    ...(listenerGuard === 'closed'
      ? // Nobody listens soon: whoever comes shall try again.
        { verdict: '-j DROP' }
      : { matches: ['-m conntrack ! --ctstate DNAT'], verdict: rejectVerdict(port) }),
  };
  return port.endpoints.all.map((listener) =>
    entry('firewalls', { ...listener, protocol: port.protocol }, rule),
  );
}

/** For host firewalls that would close it. All ports of a Service have the same one. */
function healthCheckEntries({ service, healthCheckNodePort }: ServicePort): DispatchEntry[] {
  if (healthCheckNodePort === 0) return [];
  const destination = { ip: undefined, protocol: 'tcp', port: healthCheckNodePort } as const;
  const comment = `${service} health check node port`;
  return [entry('healthChecks', destination, { comment, verdict: '-j ACCEPT' })];
}

function entry(dispatch: DispatchName, destination: Destination, rule: Rule): DispatchEntry {
  const { ip, protocol, port } = destination;
  const address = ip === undefined ? undefined : hostCidr(ip);
  const full = { ...rule, destination: address, protocol, port };
  return { dispatch, key: dispatchKey(destination), rule: renderRule(full) };
}
