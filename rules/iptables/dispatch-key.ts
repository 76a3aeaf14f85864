/**
 * What a dispatch tree sorts by: the address (if it is about addresses), the protocol and the port of
 * a packet's destination, as text of bits; and what the first bits of it mean to iptables.
 */
import { cidrOfBits, ipBits, type Ip, type IpFamily } from '../ip.ts';
import type { Protocol } from '../services/types.ts';
import { hashed, type ChainPrefix } from './names.ts';
import type { Rule } from './rule.ts';

/** A destination; a node port has no address. */
export interface Destination {
  readonly ip: Ip | undefined;
  readonly protocol: Protocol;
  readonly port: number;
}

/** What the keys of a tree are made of. */
export interface KeyKind {
  readonly family: IpFamily;
  readonly hasAddress: boolean;
}

/** The key of a destination. */
export function dispatchKey({ ip, protocol, port }: Destination): string {
  const address = ip === undefined ? '' : ipBits(ip);
  return address + PROTOCOL_CODES[protocol] + port.toString(2).padStart(PORT_BITS, '0');
}

/**
 * How a rule matches every destination whose key begins with `slot`. What `known`, the slot that a
 * packet has matched before, says of the address is not asked again.
 */
export function slotMatch(kind: KeyKind, slot: string, known: string): SlotMatch {
  const { address, protocol, ports } = partsOf(kind, slot);
  const isKnown = known.length >= address.length;
  return {
    destination: isKnown ? undefined : cidrOfBits(kind.family, address),
    protocol,
    port: ports === '' ? undefined : portRange(ports, ':'),
  };
}

/** `KUBE-SVC-10.96.4.0/24`, `KUBE-EXT-tcp-30016-30031`: the chain for a slot. */
export function slotChain(prefix: ChainPrefix, kind: KeyKind, slot: string): string {
  const { address, protocol, ports } = partsOf(kind, slot);
  const words = [
    // Colons would have to be quoted in what nft lists.
    ...(kind.hasAddress ? [cidrOfBits(kind.family, address).replaceAll(':', '.')] : []),
    ...(protocol === undefined ? [] : [protocol]),
    ...(ports === '' ? [] : [portRange(ports, '-')]),
  ];
  const name = prefix + words.join('-');
  return name.length <= MAX_CHAIN_NAME ? name : prefix + hashed(name);
}

// --- internal ---

type SlotMatch = Pick<Rule, 'destination' | 'protocol' | 'port'>;

/** In four bits that begin alike: a tree that looks at two or four at a time never parts them. */
const PROTOCOL_CODES: Readonly<Record<Protocol, string>> = {
  tcp: '0000',
  udp: '0001',
  sctp: '0010',
};
const PROTOCOLS_BY_CODE = new Map<string, Protocol>([
  [PROTOCOL_CODES.tcp, 'tcp'],
  [PROTOCOL_CODES.udp, 'udp'],
  [PROTOCOL_CODES.sctp, 'sctp'],
]);
const PROTOCOL_BITS = 4;
const PORT_BITS = 16;

/** The kernel's limit, in bytes. */
const MAX_CHAIN_NAME = 28;

function partsOf(
  { family, hasAddress }: KeyKind,
  slot: string,
): { address: string; protocol: Protocol | undefined; ports: string } {
  const addressBits = hasAddress ? (family === 'IPv4' ? 32 : 128) : 0;
  return {
    address: slot.slice(0, addressBits),
    protocol: PROTOCOLS_BY_CODE.get(slot.slice(addressBits, addressBits + PROTOCOL_BITS)),
    ports: slot.slice(addressBits + PROTOCOL_BITS),
  };
}

function portRange(bits: string, separator: string): string {
  const [first, last] = ['0', '1'].map((bit) => parseInt(bits.padEnd(PORT_BITS, bit), 2));
  return first === last ? `${first}` : `${first}${separator}${last}`;
}
