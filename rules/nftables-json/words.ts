/**
 * The closed vocabularies of libnftables' JSON, as nft 1.0.6 to 1.1.6 know them. Each list is the
 * source of the type below it, of what the parser accepts and of what the text side lets through.
 */

/** Table families. */
export const FAMILIES = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'] as const;
export type Family = (typeof FAMILIES)[number];

/** Families of an address in a statement: `dnat ip6 to ...`. */
export const ADDRESS_FAMILIES = ['ip', 'ip6'] as const;
export type AddressFamily = (typeof ADDRESS_FAMILIES)[number];

/** `owner` and `persist` (Linux 6.9) protect a table from other programs. */
export const TABLE_FLAGS = ['dormant', 'owner', 'persist'] as const;
export type TableFlag = (typeof TABLE_FLAGS)[number];

/** What a base chain may do. */
export const CHAIN_TYPES = ['filter', 'nat', 'route'] as const;
export type ChainType = (typeof CHAIN_TYPES)[number];

/** Where a base chain sees packets. */
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

/** What happens to a packet at the end of a base chain. */
export const CHAIN_POLICIES = ['accept', 'drop'] as const;
export type ChainPolicy = (typeof CHAIN_POLICIES)[number];

/** What a set must be able to do. */
export const SET_FLAGS = ['constant', 'interval', 'timeout', 'dynamic'] as const;
export type SetFlag = (typeof SET_FLAGS)[number];

/** What a set is built for. */
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

/** What can be asked about a packet besides its content. */
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

/** What can be asked about the connection that a packet belongs to. */
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

/** Which of a connection's two directions is meant. */
export const CT_DIRECTIONS = ['original', 'reply'] as const;
export type CtDirection = (typeof CT_DIRECTIONS)[number];

/** Where counting bits begins: link, network, transport layer header, or what follows. */
export const PAYLOAD_BASES = ['ll', 'nh', 'th', 'ih'] as const;
export type PayloadBase = (typeof PAYLOAD_BASES)[number];

/** `check` since nft 1.1.4. */
export const FIB_RESULTS = ['oif', 'oifname', 'type', 'check'] as const;
export type FibResult = (typeof FIB_RESULTS)[number];

/** What the routing table is asked with. */
export const FIB_FLAGS = ['saddr', 'daddr', 'mark', 'iif', 'oif'] as const;
export type FibFlag = (typeof FIB_FLAGS)[number];

/** One after the other, or at random. */
export const NUMGEN_MODES = ['inc', 'random'] as const;
export type NumgenMode = (typeof NUMGEN_MODES)[number];

/** What can be asked about the route of a packet. */
export const RT_KEYS = ['classid', 'nexthop', 'mtu', 'ipsec'] as const;
export type RtKey = (typeof RT_KEYS)[number];

/** What can be asked about the socket that a packet goes to. */
export const SOCKET_KEYS = ['transparent', 'mark', 'wildcard'] as const;
export type SocketKey = (typeof SOCKET_KEYS)[number];

/** What can be told of the operating system that sent a SYN. */
export const OSF_KEYS = ['name', 'version'] as const;
export type OsfKey = (typeof OSF_KEYS)[number];

/** How strictly the packet's TTL is compared. */
export const OSF_TTLS = ['loose', 'skip'] as const;
export type OsfTtl = (typeof OSF_TTLS)[number];

/** What can be asked about the IPsec transformation of a packet. */
export const IPSEC_KEYS = ['saddr', 'daddr', 'reqid', 'spi'] as const;
export type IpsecKey = (typeof IPSEC_KEYS)[number];

/** Decrypted on the way in, or to be encrypted on the way out. */
export const IPSEC_DIRECTIONS = ['in', 'out'] as const;
export type IpsecDirection = (typeof IPSEC_DIRECTIONS)[number];

/** How NAT chooses addresses and ports. */
export const NAT_FLAGS = ['random', 'fully-random', 'persistent', 'netmap'] as const;
export type NatFlag = (typeof NAT_FLAGS)[number];

/** What kind of map NAT takes its addresses from. */
export const NAT_TYPE_FLAGS = ['interval', 'prefix', 'concat'] as const;
export type NatTypeFlag = (typeof NAT_TYPE_FLAGS)[number];

/** How a rejected packet is answered. */
export const REJECT_TYPES = ['tcp reset', 'icmp', 'icmpv6', 'icmpx'] as const;
export type RejectType = (typeof REJECT_TYPES)[number];

/** What a statement may do to a set or a map while packets pass. */
export const SET_OPERATIONS = ['add', 'update', 'delete'] as const;
export type SetOperation = (typeof SET_OPERATIONS)[number];

/** Severities, in syslog's words. */
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

/** What is logged of a packet besides the usual. */
export const LOG_FLAGS = [
  'tcp sequence',
  'tcp options',
  'ip options',
  'skuid',
  'ether',
  'all',
] as const;
export type LogFlag = (typeof LOG_FLAGS)[number];

/** `bypass`: accept when nobody listens; `fanout`: choose the queue by CPU. */
export const QUEUE_FLAGS = ['bypass', 'fanout'] as const;
export type QueueFlag = (typeof QUEUE_FLAGS)[number];

/** TCP options that the proxy offers. */
export const SYNPROXY_FLAGS = ['timestamp', 'sack-perm'] as const;
export type SynproxyFlag = (typeof SYNPROXY_FLAGS)[number];

/** What rates and quotas count. */
export const RATE_UNITS = ['packets', 'bytes', 'kbytes', 'mbytes'] as const;
export type RateUnit = (typeof RATE_UNITS)[number];

/** What rates are counted per. */
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
