/**
 * The fixed rules: what every packet meets before (or without) meeting a Service's element. They
 * depend on settings, never on Services (behaviour document, sections 4.4 and 4.6).
 */
import { networkOf, prefixLengthOf, type IpFamily } from '../ip.ts';
import {
  anonymousSet,
  concat,
  ct,
  drop,
  jump,
  mangle,
  masquerade,
  match,
  meta,
  prefix,
  ref,
  reject,
  vmap,
  type Expression,
  type Statement,
} from '../nftables-json/index.ts';
import type { LocalDetector } from '../node/local-detector.ts';
import type { Collection } from './names.ts';
import { packetFields, type PacketFields } from './packet.ts';
import type { RuleSettings } from '../settings.ts';

/** One rule: its statements, and why it is there for whoever lists the table. */
export interface RuleDraft {
  readonly expr: readonly Statement[];
  readonly comment?: string;
}

/** A chain with everything in it. */
export interface ChainRules {
  readonly chain: string;
  readonly rules: readonly RuleDraft[];
}

/** All fixed chains: the base chains with their jumps, and what they jump to. */
export function fixedRules(family: IpFamily, settings: RuleSettings): ChainRules[] {
  const fields = packetFields(family);
  return [
    ...baseChainRules(fields, settings),
    { chain: 'firewall-check', rules: firewallRules(fields) },
    { chain: 'services', rules: serviceRules(fields, settings) },
    { chain: 'external-cluster', rules: externalClusterRules(fields, settings, false) },
    { chain: 'external-cluster-nodeport', rules: externalClusterRules(fields, settings, true) },
    { chain: 'external-local', rules: externalLocalRules(fields, settings, false) },
    { chain: 'external-local-nodeport', rules: externalLocalRules(fields, settings, true) },
    {
      chain: 'service-endpoints-check',
      rules: [rule(lookup(fields.destination, 'no-endpoint-services'))],
    },
    { chain: 'nodeport-endpoints-check', rules: nodePortEndpointRules(fields, settings) },
    { chain: 'cluster-ips-check', rules: clusterIpRules(fields) },
    { chain: 'masquerading', rules: masqueradeRules(fields, settings) },
    { chain: 'reject-chain', rules: [rule(reject())] },
    ...listenerRules(settings),
  ];
}

// --- internal ---

/** Jumps in the order of behaviour document, section 4.4: filters look at new connections only. */
function baseChainRules(
  { destination }: PacketFields,
  { listenerGuard }: RuleSettings,
): ChainRules[] {
  const isNew = match(ct('state'), 'in', 'new');
  const jumps = (chain: string, ...targets: string[]): ChainRules => ({
    chain,
    rules: targets.map((target) => rule(isNew, jump(target))),
  });
  const input = jumps('filter-input', 'nodeport-endpoints-check', 'service-endpoints-check');
  const toListener = inSet(concat(...destination), 'listeners');
  const guard =
    listenerGuard === undefined ? [] : [rule(isNew, toListener, jump('listener-check'))];
  return [
    jumps('filter-prerouting-pre-dnat', 'firewall-check'),
    jumps('filter-output-pre-dnat', 'firewall-check'),
    { ...input, rules: [...guard, ...input.rules] },
    jumps('filter-forward', 'service-endpoints-check', 'cluster-ips-check'),
    jumps('filter-output', 'service-endpoints-check', 'cluster-ips-check'),
    // A nat chain sees the first packet of a connection only: nothing to check.
    { chain: 'nat-prerouting', rules: [rule(jump('services'))] },
    { chain: 'nat-output', rules: [rule(jump('services'))] },
    { chain: 'nat-postrouting', rules: [rule(jump('masquerading'))] },
  ];
}

/** For packets to listeners of the userspace proxy, in the input hook: after translation. */
function listenerRules({ listenerGuard }: RuleSettings): ChainRules[] {
  if (listenerGuard === undefined) return [];
  const wasTranslated = match(ct('status'), 'in', 'dnat');
  // Whatever it answers, it answers only where somebody listens.
  const hasSocket = match({ socket: { key: 'transparent' } }, '==', anonymousSet(0, 1));
  const hold = commented('nobody listens now: the client shall try again', wasTranslated, drop());
  const translated = {
    translation: [rule(wasTranslated, { return: null })],
    'translation and socket': [rule(wasTranslated, hasSocket, { return: null }), hold],
    closed: [hold],
  }[listenerGuard];
  return [{ chain: 'listener-check', rules: [...translated, rule(jump('reject-chain'))] }];
}

/** Source ranges are enforced before DNAT, while the packet still says which address it came for. */
function firewallRules({ destination, saddr }: PacketFields): RuleDraft[] {
  const withSource = concat(...destination, saddr);
  return [
    commented(
      'source not in loadBalancerSourceRanges',
      inSet(concat(...destination), 'firewalled-ips'),
      match(withSource, '!=', ref('source-ranges')),
      drop(),
    ),
  ];
}

function serviceRules(fields: PacketFields, settings: RuleSettings): RuleDraft[] {
  return [
    ...clusterIpMasquerade(fields, settings),
    rule(lookup(fields.destination, 'service-ips')),
    rule(...toNodePort(fields, settings), lookup(fields.port, 'service-nodeports')),
  ];
}

/** Masquerades what comes to a ClusterIP from outside the cluster, so that replies come back here. */
function clusterIpMasquerade(
  { daddr, saddr }: PacketFields,
  { masqueradeAll, masqueradeMark, localDetector }: RuleSettings,
): RuleDraft[] {
  const mark = setMark(masqueradeMark);
  const toClusterIp = inSet(daddr, 'cluster-ips');
  if (masqueradeAll) return [commented('masquerade all ClusterIP traffic', toClusterIp, mark)];
  if (localDetector === undefined) return [];
  // The source is asked first: most traffic comes from pods, and that saves them the lookup.
  const fromOutside = matchSource(saddr, localDetector, '!=');
  return [commented('masquerade ClusterIP traffic from outside', fromOutside, toClusterIp, mark)];
}

/** Cluster policy: masquerade, so that an endpoint on another node answers through this one. */
function externalClusterRules(
  fields: PacketFields,
  settings: RuleSettings,
  isNodePort: boolean,
): RuleDraft[] {
  const { frontend, clusterPolicy } = policyMaps(fields, isNodePort);
  return [rule(setMark(settings.masqueradeMark)), rule(lookup(frontend, clusterPolicy))];
}

/**
 * Local policy: outside traffic keeps its source and goes to endpoints on this node; pods and the
 * node itself take the short-circuit to endpoints anywhere, as if they had used the ClusterIP.
 */
function externalLocalRules(
  fields: PacketFields,
  { masqueradeMark, localDetector }: RuleSettings,
  isNodePort: boolean,
): RuleDraft[] {
  const { frontend, clusterPolicy, localPolicy } = policyMaps(fields, isNodePort);
  const toEndpointsAnywhere = lookup(frontend, clusterPolicy);
  const fromThisNode = match(fields.sourceType, '==', 'local');
  const fromPods =
    localDetector === undefined
      ? []
      : [
          commented(
            'short-circuit pod traffic',
            matchSource(fields.saddr, localDetector, '=='),
            toEndpointsAnywhere,
          ),
        ];
  return [
    ...fromPods,
    commented('masquerade traffic of this node', fromThisNode, setMark(masqueradeMark)),
    commented('short-circuit traffic of this node', fromThisNode, toEndpointsAnywhere),
    rule(lookup(frontend, localPolicy)),
  ];
}

function nodePortEndpointRules(
  { daddr, loopback, port }: PacketFields,
  { nodePorts }: RuleSettings,
): RuleDraft[] {
  // In the input hook every destination is an address of this node: no need to ask.
  const address = nodePorts.matchAll ? [] : [inSet(daddr, 'nodeport-cidrs')];
  return [rule(...address, match(daddr, '!=', loopback), lookup(port, 'no-endpoint-nodeports'))];
}

/** Whatever still goes to a ClusterIP here was not DNATed: no such port, or no such ClusterIP. */
function clusterIpRules({ daddr }: PacketFields): RuleDraft[] {
  return [
    commented('no such port of this ClusterIP', inSet(daddr, 'cluster-ips'), reject()),
    commented('unallocated ClusterIP', inSet(daddr, 'service-cidrs'), drop()),
  ];
}

function masqueradeRules(
  { saddr, daddr, port }: PacketFields,
  { masqueradeMark }: RuleSettings,
): RuleDraft[] {
  const mark = meta('mark');
  const hairpin = concat(saddr, daddr, ...port);
  return [
    rule(
      match({ '&': [mark, masqueradeMark] }, '!=', 0),
      // Cleared, so that a packet that passes again (a tunnel) is not masqueraded again.
      mangle(mark, { '^': [mark, masqueradeMark] }),
      masquerade({ flags: ['fully-random'] }),
    ),
    commented(
      'a pod that was sent to itself',
      match(ct('status'), 'in', 'dnat'),
      inSet(hairpin, 'hairpin-connections'),
      masquerade({ flags: ['fully-random'] }),
    ),
  ];
}

/**
 * A packet to one of the node's own addresses at which node ports are served. `fib` and a network
 * in place of a list of addresses: a new address of the node counts at once.
 */
function toNodePort(
  { daddr, destinationType, loopback }: PacketFields,
  { nodePorts }: RuleSettings,
): Statement[] {
  const isThisNode = [match(destinationType, '==', 'local'), match(daddr, '!=', loopback)];
  return nodePorts.matchAll ? isThisNode : [inSet(daddr, 'nodeport-cidrs'), ...isThisNode];
}

function matchSource(saddr: Expression, detector: LocalDetector, op: '==' | '!='): Statement {
  // iifname, not iif: that one needs the interface to exist and knows no wildcard.
  switch (detector.kind) {
    case 'cidr':
      return match(saddr, op, prefix(networkOf(detector.cidr), prefixLengthOf(detector.cidr)));
    case 'interface':
      return match(meta('iifname'), op, detector.name);
    case 'interface-prefix':
      return match(meta('iifname'), op, `${detector.prefix}*`);
  }
}

function policyMaps(
  { destination, port }: PacketFields,
  isNodePort: boolean,
): { frontend: readonly Expression[]; clusterPolicy: Collection; localPolicy: Collection } {
  return isNodePort
    ? {
        frontend: port,
        clusterPolicy: 'cluster-policy-nodeports',
        localPolicy: 'local-policy-nodeports',
      }
    : {
        frontend: destination,
        clusterPolicy: 'cluster-policy-ips',
        localPolicy: 'local-policy-ips',
      };
}

/** Sets our bit and leaves the others alone: they belong to the CNI. */
function setMark(mark: number): Statement {
  return mangle(meta('mark'), { '|': [meta('mark'), mark] });
}

function inSet(key: Expression, name: Collection): Statement {
  return match(key, '==', ref(name));
}

function lookup(frontend: readonly Expression[], name: Collection): Statement {
  return vmap(concat(...frontend), ref(name));
}

function rule(...expr: Statement[]): RuleDraft {
  return { expr };
}

function commented(comment: string, ...expr: Statement[]): RuleDraft {
  return { expr, comment };
}
