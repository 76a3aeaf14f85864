/**
 * IP addresses and CIDRs as branded canonical text: two equal addresses are equal strings, so they
 * can be map keys, be compared and be printed without another thought.
 *
 * Parsing is Kubernetes' lenient kind where kube-proxy is lenient (leading zeros in IPv4 octets are
 * decimal: behaviour document 1.5) and strict everywhere else.
 */

/** The two address families; each has a table, a plan and a transaction of its own. */
export type IpFamily = 'IPv4' | 'IPv6';

/** Both families, in the order they are always worked through. */
export const IP_FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];

/** An IP address in canonical text (RFC 5952 for IPv6), without a zone. */
export type Ip = string & { readonly __brand: 'Ip' };

/** A network in canonical text, host bits cleared: `10.0.0.0/8`, `fd00::/64`. */
export type Cidr = string & { readonly __brand: 'Cidr' };

/** Parses an IP address; `undefined` when the text is not one. IPv4-mapped IPv6 becomes IPv4, as in Go. */
export function parseIp(text: string): Ip | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}

/** Parses a CIDR and clears its host bits; `undefined` when the text is not one. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9][0-9]{0,2})$/.test(lengthText)) return undefined;
  // `::ffff:10.0.0.0/104` is 10.0.0.0/8, as in Go; a shorter prefix names no IPv4 network: refused.
  const isMapped = address.family === 'IPv4' && text.includes(':');
  const length = Number(lengthText) - (isMapped ? 96 : 0);
  if (length < 0 || length > bitsOf(address.family)) return undefined;
  return formatNetwork(address, length);
}

/** The family of canonical text. */
export function familyOf(text: Ip | Cidr): IpFamily {
  return text.includes(':') ? 'IPv6' : 'IPv4';
}

/** The network that holds exactly this address: `/32` or `/128`. */
export function hostCidr(ip: Ip): Cidr {
  return `${ip}/${bitsOf(familyOf(ip))}` as Cidr;
}

/** The address part of a CIDR. */
export function networkOf(cidr: Cidr): Ip {
  return cidr.slice(0, cidr.indexOf('/')) as Ip;
}

/** The prefix length of a CIDR, in bits. */
export function prefixLengthOf(cidr: Cidr): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}

/** Whether the CIDR matches every address of its family. */
export function isZeroCidr(cidr: Cidr): boolean {
  return prefixLengthOf(cidr) === 0;
}

/** Whether the network holds the address; false across families. */
export function cidrContains(cidr: Cidr, ip: Ip): boolean {
  const family = familyOf(cidr);
  if (family !== familyOf(ip)) return false;
  const shift = BigInt(bitsOf(family) - prefixLengthOf(cidr));
  return valueOf(networkOf(cidr)) >> shift === valueOf(ip) >> shift;
}

/**
 * Drops every CIDR that lies inside another one and sorts the rest: CIDRs either nest or are
 * disjoint, so what remains never overlaps, as an nftables interval set demands.
 */
export function mergeCidrs(cidrs: Iterable<Cidr>): Cidr[] {
  const kept: Cidr[] = [];
  for (const cidr of [...new Set(cidrs)].sort(compareCidrs)) {
    // In this order, whatever lies inside a CIDR follows it before anything else does.
    const last = kept.at(-1);
    if (last === undefined || !cidrContains(last, networkOf(cidr))) kept.push(cidr);
  }
  return kept;
}

/** Whether the address is in 127.0.0.0/8 or is ::1. */
export function isLoopback(ip: Ip): boolean {
  return ip === '::1' || ip.startsWith('127.');
}

/** Whether loopback addresses lie wholly or partly inside a network. */
export function touchesLoopback(cidr: Cidr): boolean {
  return isLoopback(networkOf(cidr)) || LOOPBACKS.some((ip) => cidrContains(cidr, ip));
}

/** Whether the address is 0.0.0.0 or ::. */
export function isUnspecified(ip: Ip): boolean {
  return ip === '0.0.0.0' || ip === '::';
}

/** The address as its 4 or 16 bytes. */
export function bytesOf(ip: Ip): number[] {
  const value = valueOf(ip);
  const count = bitsOf(familyOf(ip)) / 8;
  return Array.from({ length: count }, (_, i) =>
    Number((value >> BigInt(8 * (count - 1 - i))) & 0xffn),
  );
}

/** `ip:port`, with brackets around an IPv6 address. */
export function joinHostPort(ip: Ip, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** The address bit by bit, as text: 32 or 128 zeros and ones. */
export function ipBits(ip: Ip): string {
  return valueOf(ip)
    .toString(2)
    .padStart(bitsOf(familyOf(ip)), '0');
}

/** The network of all addresses that begin with these bits. */
export function cidrOfBits(family: IpFamily, bits: string): Cidr {
  const value = BigInt(`0b${bits.padEnd(bitsOf(family), '0')}`);
  return formatNetwork({ family, value }, bits.length);
}

// --- internal ---

interface Address {
  readonly family: IpFamily;
  readonly value: bigint;
}

const LOOPBACKS = ['127.0.0.1' as Ip, '::1' as Ip];

const MAPPED_PREFIX = 0xffffn << 32n;

function bitsOf(family: IpFamily): number {
  return family === 'IPv4' ? 32 : 128;
}

function valueOf(ip: Ip): bigint {
  const address = parseAddress(ip);
  if (address === undefined) throw new TypeError(`not a canonical IP address: ${ip}`);
  return address.value;
}

function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseIPv4(text);
    return value === undefined ? undefined : { family: 'IPv4', value };
  }
  const value = parseIPv6(text);
  if (value === undefined) return undefined;
  return value >> 32n === MAPPED_PREFIX >> 32n
    ? { family: 'IPv4', value: value & 0xffffffffn }
    : { family: 'IPv6', value };
}

function parseIPv4(text: string): bigint | undefined {
  const octets = text.split('.');
  if (octets.length !== 4) return undefined;
  let value = 0n;
  for (const octet of octets) {
    if (!/^[0-9]{1,}$/.test(octet) || octet.length > 10 || Number(octet) > 255) return undefined;
    value = (value << 8n) | BigInt(Number(octet));
  }
  return value;
}

function parseIPv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** The 16-bit groups of one side of `::`; a dotted IPv4 tail counts as two where it may stand. */
function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const dotted = parseIPv4(part);
      if (!mayEndDotted || index !== parts.length - 1 || dotted === undefined) return undefined;
      groups.push(Number(dotted >> 16n), Number(dotted & 0xffffn));
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(parseInt(part, 16));
    }
  }
  return groups;
}

function formatNetwork(address: Address, length: number): Cidr {
  const shift = BigInt(bitsOf(address.family) - length);
  const network = { family: address.family, value: (address.value >> shift) << shift };
  return `${formatAddress(network)}/${length}` as Cidr;
}

function formatAddress(address: Address): Ip {
  const text =
    address.family === 'IPv4' ? formatIPv4(address.value) : formatIPv6(groupsOf(address.value));
  return text as Ip;
}

function formatIPv4(value: bigint): string {
  const number = Number(value);
  return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.');
}

function groupsOf(value: bigint): number[] {
  return Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
}

/** RFC 5952: the longest run of two or more zero groups, the first of equals, becomes `::`. */
function formatIPv6(groups: readonly number[]): string {
  let start = -1;
  let longest = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > longest) [start, longest] = [i, end - i];
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + longest).join(':')}`;
}

/** By family, then by address, the wider of two at the same address first. */
function compareCidrs(a: Cidr, b: Cidr): number {
  const families = familyOf(a).localeCompare(familyOf(b));
  if (families !== 0) return families;
  const [left, right] = [valueOf(networkOf(a)), valueOf(networkOf(b))];
  return left < right ? -1 : left > right ? 1 : prefixLengthOf(a) - prefixLengthOf(b);
}
