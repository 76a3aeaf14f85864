/**
 * The kinds of values that name something on the network: addresses, networks, nodes, interfaces.
 */
import { familyOf, joinHostPort, parseCidr, parseIp, type Cidr, type Ip } from '../../rules/ip.ts';
import { NODE_PORT_KEYWORDS, type NodePortKeyword } from '../../rules/node/node-port-addresses.ts';
import { readText, type ValueKind } from './values.ts';

/** An IP address. */
export const ip: ValueKind<Ip> = {
  expected: 'an IP address',
  read: (value) => readText(value, parseIp),
};

/** An IP address and a port, `ip:port`; an address alone gets the default port. */
export function ipAndPort(defaultPort: number): ValueKind<string> {
  return {
    expected: `an IP address and a port from 1 to 65535, such as "0.0.0.0:${defaultPort}"`,
    read: (value) => readText(value, (given) => parseIpAndPort(given, defaultPort)),
  };
}

/** The same, or empty text for no address at all. */
export function ipAndPortOrNone(defaultPort: number): ValueKind<string> {
  const { expected, read } = ipAndPort(defaultPort);
  return { expected, read: (value) => (value === '' ? '' : read(value)) };
}

/** A network. */
export const cidr: ValueKind<Cidr> = {
  expected: 'a CIDR such as "10.0.0.0/8"',
  read: (value) => readText(value, parseCidr),
};

/** One network, or two of different families with a comma between. */
export const cidrPair: ValueKind<readonly Cidr[]> = {
  expected: 'a CIDR, or an IPv4 and an IPv6 CIDR separated by a comma',
  read: (value) => readText(value, parseCidrPair),
};

/** An entry of nodePortAddresses. */
export const nodePortAddress: ValueKind<NodePortKeyword | Cidr> = {
  expected: 'a CIDR, "primary", "localhost" or "all"',
  read: (value) =>
    NODE_PORT_KEYWORDS.find((keyword) => keyword === value) ?? readText(value, parseCidr),
};

/** A node's name, trimmed and in lower case: what the API server lets a Node be called. */
export const nodeName: ValueKind<string> = {
  expected: 'a node name: letters, digits, "-" and ".", at most 253 of them',
  read: (value) => readText(value, parseNodeName),
};

/** The name of a network interface, or the beginning of one. */
export const interfaceName: ValueKind<string> = {
  expected:
    'an interface name: at most 15 characters, without spaces, quotes, "/", ":", "*" or "\\"',
  read: (value) => readText(value, parseInterfaceName),
};

// --- internal ---

function parseIpAndPort(given: string, defaultPort: number): string | undefined {
  const alone = parseIp(given);
  if (alone !== undefined) return joinHostPort(alone, defaultPort);
  const [, bracketed, plain, portText] = /^(?:\[(.+)\]|([^:]+)):([0-9]{1,5})$/.exec(given) ?? [];
  const address = parseIp(bracketed ?? plain ?? '');
  const port = Number(portText);
  return address !== undefined && isPort(port) ? joinHostPort(address, port) : undefined;
}

function parseCidrPair(given: string): readonly Cidr[] | undefined {
  const cidrs = given.split(',').map((part) => parseCidr(part.trim()));
  const parsed = cidrs.filter((part) => part !== undefined);
  const families = new Set(parsed.map(familyOf));
  return parsed.length === cidrs.length && families.size === cidrs.length ? parsed : undefined;
}

function parseNodeName(given: string): string | undefined {
  const name = given.trim().toLowerCase();
  const isName = name.length <= 253 && name.split('.').every((label) => DNS_LABEL.test(label));
  return isName ? name : undefined;
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * The kernel refuses blanks, "/", ":" and more than 15 bytes; "*" and "\" mean something else to
 * nft, and a quote would end the name there.
 */
function parseInterfaceName(given: string): string | undefined {
  const isName =
    /^[^\s\p{Cc}/:*\\"'`]+$/u.test(given) &&
    Buffer.byteLength(given) <= 15 &&
    given !== '.' &&
    given !== '..';
  return isName ? given : undefined;
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65535;
}
