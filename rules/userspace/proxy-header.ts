/** The PROXY protocol's header, version 2: tells an endpoint who the client is that it does not see. */
import { bytesOf, familyOf, type Ip } from '../ip.ts';

/** One end of a connection. */
export interface ConnectionEnd {
  readonly ip: Ip;
  readonly port: number;
}

/** The header of a TCP connection between two addresses of one family. */
export function proxyHeader(source: ConnectionEnd, destination: ConnectionEnd): Uint8Array {
  const isIPv4 = familyOf(source.ip) === 'IPv4';
  const addresses = [...bytesOf(source.ip), ...bytesOf(destination.ip)];
  const ports = [source.port, destination.port].flatMap((port) => [port >> 8, port & 255]);
  const rest = [...addresses, ...ports];
  return Uint8Array.from([
    ...SIGNATURE,
    VERSION_2_PROXY,
    isIPv4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6,
    rest.length >> 8,
    rest.length & 255,
    ...rest,
  ]);
}

// --- internal ---

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const VERSION_2_PROXY = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;
