/**
 * kube-proxy's iptables layout (behaviour document, sections 3.3 to 3.8), as far as ClusterIPs go: one
 * list of all Services, a chain for each service port and one for each of its endpoints, as the text
 * that it would feed to iptables-restore. All of it comes from the made-up cluster, so text may be
 * glued here.
 */
import { endpointChain, serviceChain } from '../../../rules/iptables/names.ts';
import type { Endpoint, ServicePort } from '../../../rules/services/types.ts';
import { POD_CIDR } from '../cluster.ts';

/** With more endpoints than this, rules have no comments and stale chains are not looked for. */
export const LARGE_CLUSTER_ENDPOINTS = 1000;

/** What one sync writes. */
export interface KubeProxySync {
  /** Every service port: all of them are in the lists of every sync. */
  readonly ports: readonly ServicePort[];
  /** Those whose own chains are written. */
  readonly changed: readonly ServicePort[];
  /** Chains to delete. */
  readonly stale: readonly string[];
}

/** A sync as input for `iptables-restore --noflush`. Every port must have endpoints. */
export function restoreText({ ports, changed, stale }: KubeProxySync): string {
  const hasComments = !isLarge(ports);
  const write = (words: Words): string => words(hasComments);
  const chains = [
    ...NAT_CHAINS,
    ...changed.flatMap((port) => [serviceChain('KUBE-SVC-', port), ...endpointChains(port)]),
    ...stale,
  ];
  return [
    '*filter',
    ...FILTER_CHAINS.map(declaration),
    ...FILTER_RULES,
    'COMMIT',
    '*nat',
    ...chains.map(declaration),
    ...NAT_RULES,
    ...ports.map((port) => write(serviceRule(port))),
    ...changed.flatMap((port) => chainRules(port).map(write)),
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL ! -d 127.0.0.0/8 -j KUBE-NODEPORTS',
    ...stale.map((chain) => `-X ${chain}`),
    'COMMIT',
    '',
  ].join('\n');
}

/** The jumps from iptables' own chains, which kube-proxy makes by single commands. */
export const JUMPS_TEXT = [
  '*filter',
  ...[
    'INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    'FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    'INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS',
    'FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    'OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    'FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
    'INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    'OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    'FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
  ].map((jump) => `-I ${jump}`),
  'COMMIT',
  '*nat',
  ...[
    'OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    'PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    'POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
  ].map((jump) => `-I ${jump}`),
  'COMMIT',
  '',
].join('\n');

/** The chains of a service port's endpoints. */
export function endpointChains(port: ServicePort): string[] {
  return port.endpoints.cluster.map((endpoint) => endpointChain(port, endpoint));
}

/** Whether a cluster has so many endpoints that kube-proxy leaves out what it can. */
export function isLarge(ports: readonly ServicePort[]): boolean {
  const endpoints = ports.reduce((sum, port) => sum + port.endpoints.all.length, 0);
  return endpoints > LARGE_CLUSTER_ENDPOINTS;
}

// --- internal ---

/** A rule, with its comment or without. */
type Words = (hasComment: boolean) => string;

const FILTER_CHAINS = [
  'KUBE-SERVICES',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-FORWARD',
  'KUBE-NODEPORTS',
  'KUBE-PROXY-FIREWALL',
];
const NAT_CHAINS = ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ'];

const MARK = '0x4000';

const FILTER_RULES = [
  '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
  `-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark ${MARK}/${MARK} -j ACCEPT`,
  '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
];
const NAT_RULES = [
  `-A KUBE-POSTROUTING -m mark ! --mark ${MARK}/${MARK} -j RETURN`,
  `-A KUBE-POSTROUTING -j MARK --xor-mark ${MARK}`,
  '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
  `-A KUBE-MARK-MASQ -j MARK --or-mark ${MARK}`,
];

function declaration(chain: string): string {
  return `:${chain} - [0:0]`;
}

function serviceRule(port: ServicePort): Words {
  return rule('KUBE-SERVICES', `${port.displayName} cluster IP`, [
    ...toClusterIp(port),
    `-j ${serviceChain('KUBE-SVC-', port)}`,
  ]);
}

function chainRules(port: ServicePort): Words[] {
  const chain = serviceChain('KUBE-SVC-', port);
  const { cluster } = port.endpoints;
  return [
    rule(chain, `${port.displayName} cluster IP`, [
      ...toClusterIp(port),
      `! -s ${POD_CIDR} -j KUBE-MARK-MASQ`,
    ]),
    ...cluster.map((endpoint, index) => {
      const left = cluster.length - index;
      const chance = `-m statistic --mode random --probability ${(1 / left).toFixed(10)}`;
      const target = `-j ${endpointChain(port, endpoint)}`;
      const words = left > 1 ? [chance, target] : [target];
      return rule(chain, `${port.displayName} -> ${endpoint.id}`, words);
    }),
    ...cluster.flatMap((endpoint) => endpointRules(port, endpoint)),
  ];
}

function endpointRules(port: ServicePort, endpoint: Endpoint): Words[] {
  const chain = endpointChain(port, endpoint);
  const { displayName, protocol } = port;
  return [
    rule(chain, displayName, [`-s ${endpoint.ip} -j KUBE-MARK-MASQ`]),
    rule(chain, displayName, [
      `-m ${protocol} -p ${protocol} -j DNAT --to-destination ${endpoint.id}`,
    ]),
  ];
}

function toClusterIp({ clusterIP, protocol, frontends }: ServicePort): string[] {
  const port = frontends[0]?.port ?? 0;
  return [`-m ${protocol} -p ${protocol} -d ${clusterIP} --dport ${port}`];
}

function rule(chain: string, comment: string, words: readonly string[]): Words {
  return (hasComment) =>
    [`-A ${chain}`, ...(hasComment ? [`-m comment --comment "${comment}"`] : []), ...words].join(
      ' ',
    );
}
