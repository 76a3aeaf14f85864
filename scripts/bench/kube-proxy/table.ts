/**
 * What kube-proxy's IPv4 tables have in common, whatever their layout (behaviour document, sections
 * 4.3 to 4.7), as far as ClusterIPs go: the text that it would feed to nft, a command a line. All of
 * it comes from the made-up cluster, so text may be glued here.
 */
import type { ServicePort } from '../../../rules/services/types.ts';
import { SERVICE_CIDR } from '../cluster.ts';

/** One way to lay out the table. */
export interface KubeProxyLayout {
  /** What is there without any Service. */
  readonly fixedCommands: readonly string[];
  /** The chains of a service port; sent again as a whole when one of its endpoints changes. */
  chainCommands(port: ServicePort): string[];
  /** The elements of a service port. */
  elementCommands(port: ServicePort): string[];
}

/** Family and name. */
export const TABLE = 'ip kube-proxy';

/** The mark for masquerade. */
export const MARK = '0x4000';

/** A whole table as one input for `nft -f`. Every port must have endpoints. */
export function tableText(layout: KubeProxyLayout, ports: Iterable<ServicePort>): string {
  const lines = [...layout.fixedCommands];
  for (const port of ports) {
    lines.push(...layout.chainCommands(port), ...layout.elementCommands(port));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** The common part of `fixedCommands`, with the chains whose rules differ from layout to layout. */
export function commonCommands(chains: Readonly<Record<string, readonly string[]>>): string[] {
  const rules = Object.entries({ ...CHAINS, ...chains });
  const baseRules = Object.entries(BASE_CHAINS).map(([name, { jumps }]) => [name, jumps] as const);
  return [
    `add table ${TABLE}`,
    `add set ${TABLE} cluster-ips { type ipv4_addr ; }`,
    ...Object.entries(MAPS).map(([name, type]) => `add map ${TABLE} ${name} { type ${type} ; }`),
    ...Object.entries(BASE_CHAINS).map(([name, { hook }]) => {
      return `add chain ${TABLE} ${name} { type ${hook} ; }`;
    }),
    // Before any rule, since rules jump to chains that are below them.
    ...rules.map(([name]) => `add chain ${TABLE} ${name}`),
    ...[...rules, ...baseRules].flatMap(([name, lines]) => addRules(name, lines)),
  ];
}

/** Makes sure that a chain exists and holds just these rules. */
export function ensureChain(name: string, rules: readonly string[]): string[] {
  return [`add chain ${TABLE} ${name}`, `flush chain ${TABLE} ${name}`, ...addRules(name, rules)];
}

/** The elements that every layout has: the ClusterIP, and where traffic to it goes. */
export function commonElements(port: ServicePort, chain: string): string[] {
  const comment = `comment "${port.displayName}"`;
  return [
    `add element ${TABLE} cluster-ips { ${port.clusterIP} }`,
    ...port.frontends.map(({ ip = '', protocol, port: number }) => {
      const key = `${ip} . ${protocol} . ${number}`;
      return `add element ${TABLE} service-ips { ${key} ${comment} : goto ${chain} }`;
    }),
  ];
}

// --- internal ---

function addRules(chain: string, rules: readonly string[]): string[] {
  return rules.map((rule) => `add rule ${TABLE} ${chain} ${rule}`);
}

const DESTINATION = 'ipv4_addr . inet_proto . inet_service';

const MAPS = {
  'service-ips': `${DESTINATION} : verdict`,
  'service-nodeports': 'inet_proto . inet_service : verdict',
  'no-endpoint-services': `${DESTINATION} : verdict`,
  'no-endpoint-nodeports': 'inet_proto . inet_service : verdict',
  'firewall-ips': `${DESTINATION} : verdict`,
};

const NEW = 'ct state new jump';

const BASE_CHAINS = {
  'filter-prerouting-pre-dnat': {
    hook: 'filter hook prerouting priority -110',
    jumps: [`${NEW} firewall-check`],
  },
  'filter-output-pre-dnat': {
    hook: 'filter hook output priority -110',
    jumps: [`${NEW} firewall-check`],
  },
  'filter-input': {
    hook: 'filter hook input priority 0',
    jumps: [`${NEW} nodeport-endpoints-check`, `${NEW} service-endpoints-check`],
  },
  'filter-forward': {
    hook: 'filter hook forward priority 0',
    jumps: [`${NEW} service-endpoints-check`, `${NEW} cluster-ips-check`],
  },
  'filter-output': {
    hook: 'filter hook output priority 0',
    jumps: [`${NEW} service-endpoints-check`, `${NEW} cluster-ips-check`],
  },
  'nat-prerouting': { hook: 'nat hook prerouting priority -100', jumps: ['jump services'] },
  'nat-output': { hook: 'nat hook output priority -100', jumps: ['jump services'] },
  'nat-postrouting': { hook: 'nat hook postrouting priority 100', jumps: ['jump masquerading'] },
};

const CHAINS = {
  'reject-chain': ['reject'],
  'cluster-ips-check': ['ip daddr @cluster-ips reject', `ip daddr { ${SERVICE_CIDR} } drop`],
  'firewall-check': ['ip daddr . meta l4proto . th dport vmap @firewall-ips'],
  'service-endpoints-check': ['ip daddr . meta l4proto . th dport vmap @no-endpoint-services'],
  'nodeport-endpoints-check': [
    'ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @no-endpoint-nodeports',
  ],
  services: [
    'ip daddr . meta l4proto . th dport vmap @service-ips',
    'fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports',
  ],
};
