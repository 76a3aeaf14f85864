/**
 * What the rules use of the kernel, each with the smallest ruleset that needs it: for `nft -c`, which
 * lets the kernel check a transaction and then drops it.
 */

/** One feature, in one family. */
export interface KernelFeature {
  readonly name: string;
  /** The kernel's build options behind it. */
  readonly option: string;
  readonly family: 'ip' | 'ip6';
  /** What makes the chain a base chain; empty when any chain will do. */
  readonly hook?: string;
  /** A rule that uses the feature. */
  readonly rule?: string;
  /** A set or map that does, instead. */
  readonly set?: string;
}

/** Every feature, in the order in which a missing one explains the next. */
export const KERNEL_FEATURES: readonly KernelFeature[] = [
  { name: 'tables and chains', option: 'CONFIG_NF_TABLES_IPV4', family: 'ip' },
  { name: 'tables and chains', option: 'CONFIG_NF_TABLES_IPV6', family: 'ip6' },
  {
    name: 'connection tracking',
    option: 'CONFIG_NFT_CT',
    family: 'ip',
    rule: 'ct status dnat accept',
  },
  {
    name: 'DNAT',
    option: 'CONFIG_NFT_NAT and CONFIG_NF_NAT',
    family: 'ip',
    hook: 'type nat hook prerouting priority -100',
    rule: 'dnat ip to 192.0.2.1',
  },
  {
    name: 'DNAT',
    option: 'CONFIG_NFT_NAT and CONFIG_NF_NAT',
    family: 'ip6',
    hook: 'type nat hook prerouting priority -100',
    rule: 'dnat ip6 to 2001:db8::1',
  },
  {
    name: 'masquerade',
    option: 'CONFIG_NFT_MASQ',
    family: 'ip',
    hook: 'type nat hook postrouting priority 100',
    rule: 'masquerade fully-random',
  },
  {
    name: 'masquerade',
    option: 'CONFIG_NFT_MASQ',
    family: 'ip6',
    hook: 'type nat hook postrouting priority 100',
    rule: 'masquerade fully-random',
  },
  {
    name: 'reject',
    option: 'CONFIG_NFT_REJECT_IPV4',
    family: 'ip',
    hook: 'type filter hook input priority 0',
    rule: 'reject',
  },
  {
    name: 'reject',
    option: 'CONFIG_NFT_REJECT_IPV6',
    family: 'ip6',
    hook: 'type filter hook input priority 0',
    rule: 'reject',
  },
  {
    name: 'fib (is an address local?)',
    option: 'CONFIG_NFT_FIB_IPV4',
    family: 'ip',
    hook: 'type filter hook prerouting priority 0',
    rule: 'fib daddr type local accept',
  },
  {
    name: 'fib (is an address local?)',
    option: 'CONFIG_NFT_FIB_IPV6',
    family: 'ip6',
    hook: 'type filter hook prerouting priority 0',
    rule: 'fib daddr type local accept',
  },
  {
    name: 'numgen (random choice)',
    option: 'CONFIG_NFT_NUMGEN',
    family: 'ip',
    rule: 'numgen random mod 2 0 accept',
  },
  {
    name: 'maps with a random key',
    option: 'CONFIG_NFT_NUMGEN',
    family: 'ip',
    set: 'map ip PROBE probe { typeof ip daddr . numgen random mod 2 : ip daddr . th dport ; }',
  },
  {
    name: 'dynamic sets with timeouts (session affinity)',
    option: 'CONFIG_NF_TABLES',
    family: 'ip',
    set: 'set ip PROBE probe { type ipv4_addr . mark ; flags dynamic,timeout ; }',
  },
  {
    name: 'ranges in concatenations (source ranges)',
    option: 'Linux 5.6 or later',
    family: 'ip',
    set: 'set ip PROBE probe { type ipv4_addr . inet_service . ipv4_addr ; flags interval ; }',
  },
];

/** What lets a client wait while the userspace proxy starts anew, instead of being refused. */
export const SOCKET_FEATURES: readonly KernelFeature[] = (['ip', 'ip6'] as const).map((family) => ({
  name: 'socket lookup (clients wait while the agent starts anew)',
  option: 'CONFIG_NFT_SOCKET',
  family,
  hook: 'type filter hook input priority 0',
  rule: 'socket transparent 0 accept',
}));

/** The dry run that shows whether the kernel has a feature: input for `nft -c -f -`. */
export function probeScript({ family, hook, rule, set }: KernelFeature): string {
  const commands = [
    `table ${family} PROBE`,
    `chain ${family} PROBE probe${hook === undefined ? '' : ` { ${hook} ; }`}`,
    ...(rule === undefined ? [] : [`rule ${family} PROBE probe ${rule}`]),
    ...(set === undefined ? [] : [set]),
  ];
  return commands.map((command) => `add ${command.replace('PROBE', PROBE_TABLE)}\n`).join('');
}

// --- internal ---

/** A name that no table of anybody's has. */
const PROBE_TABLE = 'switchyard-probe';
