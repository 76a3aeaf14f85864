/**
 * The closed vocabularies of libnftables' JSON, as nft 1.0.6 to 1.1.6 know them. Each list is the
 * source of its type, of what the parser accepts and of what the text side lets through.
 */

/** Table families. */
export const FAMILIES = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'] as const;
export type Family = (typeof FAMILIES)[number];

/** Families of an address in a statement: `dnat ip6 to ...`. */
export const ADDRESS_FAMILIES = ['ip', 'ip6'] as const;
export type AddressFamily = (typeof ADDRESS_FAMILIES)[number];

export const TABLE_FLAGS = ['dormant', 'owner', 'persist'] as const;
export type TableFlag = (typeof TABLE_FLAGS)[number];

export const CHAIN_TYPES = ['filter', 'nat', 'route'] as const;
export type ChainType = (typeof CHAIN_TYPES)[number];

export const HOOKS = [
  'prerouting',
  'input',
  'forward',
  'output',
  'postrouting',
  'ingress',
  'egress',
] as const;
export type Hook = (typeof HOOKS)[number];

export const CHAIN_POLICIES = ['accept', 'drop'] as const;
export type ChainPolicy = (typeof CHAIN_POLICIES)[number];

export const SET_FLAGS = ['constant', 'interval', 'timeout', 'dynamic'] as const;
export type SetFlag = (typeof SET_FLAGS)[number];

export const SET_POLICIES = ['performance', 'memory'] as const;
export type SetPolicy = (typeof SET_POLICIES)[number];

/** What a map may hold besides values: verdicts, or references to named objects of one kind. */
export const OBJECT_MAP_TYPES = [
  'verdict',
  'counter',
  'quota',
  'limit',
  'ct helper',
  'ct timeout',
  'ct expectation',
  'secmark',
  'synproxy',
] as const;

/** `in` is what text leaves out: equality, or for flags "any of these bits is set". */
export const MATCH_OPERATORS = ['==', '!=', '<', '>', '<=', '>=', 'in'] as const;
export type MatchOperator = (typeof MATCH_OPERATORS)[number];

export const META_KEYS = [
  'length',
  'protocol',
  'priority',
  'random',
  'mark',
  'iif',
  'iifname',
  'iiftype',
  'iifkind',
  'iifgroup',
  'oif',
  'oifname',
  'oiftype',
  'oifkind',
  'oifgroup',
  'sdif',
  'sdifname',
  'ibriport',
  'ibrname',
  'ibrpvid',
  'ibrvproto',
  'ibrhwaddr',
  'obriport',
  'obrname',
  'broute',
  'skuid',
  'skgid',
  'nftrace',
  'rtclassid',
  'pkttype',
  'cpu',
  'cgroup',
  'nfproto',
  'l4proto',
  'ipsec',
  'secpath',
  'secmark',
  'time',
  'day',
  'hour',
] as const;
export type MetaKey = (typeof META_KEYS)[number];

export const CT_KEYS = [
  'state',
  'direction',
  'status',
  'mark',
  'secmark',
  'expiration',
  'helper',
  'l3proto',
  'saddr',
  'daddr',
  'ip saddr',
  'ip daddr',
  'ip6 saddr',
  'ip6 daddr',
  'protocol',
  'proto-src',
  'proto-dst',
  'label',
  'event',
  'packets',
  'bytes',
  'avgpkt',
  'zone',
  'id',
] as const;
export type CtKey = (typeof CT_KEYS)[number];

export const CT_DIRECTIONS = ['original', 'reply'] as const;
export type CtDirection = (typeof CT_DIRECTIONS)[number];

export const PAYLOAD_BASES = ['ll', 'nh', 'th', 'ih'] as const;
export type PayloadBase = (typeof PAYLOAD_BASES)[number];

/** `check` since nft 1.1.4. */
export const FIB_RESULTS = ['oif', 'oifname', 'type', 'check'] as const;
export type FibResult = (typeof FIB_RESULTS)[number];

export const FIB_FLAGS = ['saddr', 'daddr', 'mark', 'iif', 'oif'] as const;
export type FibFlag = (typeof FIB_FLAGS)[number];

export const NUMGEN_MODES = ['inc', 'random'] as const;
export type NumgenMode = (typeof NUMGEN_MODES)[number];

export const RT_KEYS = ['classid', 'nexthop', 'mtu', 'ipsec'] as const;
export type RtKey = (typeof RT_KEYS)[number];

export const SOCKET_KEYS = ['transparent', 'mark', 'wildcard'] as const;
export type SocketKey = (typeof SOCKET_KEYS)[number];

export const OSF_KEYS = ['name', 'version'] as const;
export type OsfKey = (typeof OSF_KEYS)[number];

export const OSF_TTLS = ['loose', 'skip'] as const;
export type OsfTtl = (typeof OSF_TTLS)[number];

export const IPSEC_KEYS = ['saddr', 'daddr', 'reqid', 'spi'] as const;
export type IpsecKey = (typeof IPSEC_KEYS)[number];

export const IPSEC_DIRECTIONS = ['in', 'out'] as const;
export type IpsecDirection = (typeof IPSEC_DIRECTIONS)[number];

export const NAT_FLAGS = ['random', 'fully-random', 'persistent', 'netmap'] as const;
export type NatFlag = (typeof NAT_FLAGS)[number];

export const NAT_TYPE_FLAGS = ['interval', 'prefix', 'concat'] as const;
export type NatTypeFlag = (typeof NAT_TYPE_FLAGS)[number];

export const REJECT_TYPES = ['tcp reset', 'icmp', 'icmpv6', 'icmpx'] as const;
export type RejectType = (typeof REJECT_TYPES)[number];

/** What a statement may do to a set or a map while packets pass. */
export const SET_OPERATIONS = ['add', 'update', 'delete'] as const;
export type SetOperation = (typeof SET_OPERATIONS)[number];

export const LOG_LEVELS = [
  'emerg',
  'alert',
  'crit',
  'err',
  'warn',
  'notice',
  'info',
  'debug',
  'audit',
] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FLAGS = [
  'tcp sequence',
  'tcp options',
  'ip options',
  'skuid',
  'ether',
  'all',
] as const;
export type LogFlag = (typeof LOG_FLAGS)[number];

export const QUEUE_FLAGS = ['bypass', 'fanout'] as const;
export type QueueFlag = (typeof QUEUE_FLAGS)[number];

export const SYNPROXY_FLAGS = ['timestamp', 'sack-perm'] as const;
export type SynproxyFlag = (typeof SYNPROXY_FLAGS)[number];

export const RATE_UNITS = ['packets', 'bytes', 'kbytes', 'mbytes'] as const;
export type RateUnit = (typeof RATE_UNITS)[number];

export const TIME_UNITS = ['second', 'minute', 'hour', 'day', 'week'] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

/** Kinds of objects that live in a table and have a name. */
export const MEMBER_KINDS = [
  'chain',
  'set',
  'map',
  'flowtable',
  'counter',
  'quota',
  'limit',
  'ct helper',
  'ct timeout',
  'ct expectation',
  'secmark',
  'synproxy',
] as const;
export type MemberKind = (typeof MEMBER_KINDS)[number];

/** What can be listed as a whole, a family or a table at a time. */
export const PLURALS = [
  'ruleset',
  'tables',
  'chains',
  'sets',
  'maps',
  'meters',
  'flowtables',
  'counters',
  'quotas',
  'limits',
  'ct helpers',
  'secmarks',
] as const;
export type Plural = (typeof PLURALS)[number];
