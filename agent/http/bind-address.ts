/** Where a server listens. */
import { familyOf, isUnspecified, parseIp, type Ip } from '../../rules/ip.ts';

/** A place to listen at, as Node wants it. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** Whether an IPv6 socket leaves IPv4 alone. */
  readonly ipv6Only: boolean;
}

/**
 * The places to try for an address such as `0.0.0.0:10256`, the first that the kernel has counts. Either
 * unspecified address means both families, as in Go (behaviour document, section 6.1): that is an
 * IPv6 socket which takes IPv4 too, or, in a kernel without IPv6, an IPv4 one.
 */
export function placesFor({ ip, port }: BindAddress): readonly [Place, ...Place[]] {
  if (!isUnspecified(ip)) return [{ host: ip, port, ipv6Only: false }];
  return [
    { host: '::', port, ipv6Only: false },
    { host: '0.0.0.0', port, ipv6Only: false },
  ];
}

/** The place of one family only: both families' servers may have the same port. */
export function placeOfFamily({ ip, port }: BindAddress): Place {
  return { host: ip, port, ipv6Only: familyOf(ip) === 'IPv6' };
}

/** An address and a port. */
export interface BindAddress {
  readonly ip: Ip;
  readonly port: number;
}

/** Reads `ip:port` as the configuration has it; `undefined` when it is empty, which disables a server. */
export function parseBindAddress(text: string): BindAddress | undefined {
  if (text === '') return undefined;
  const colon = text.lastIndexOf(':');
  const ip = parseIp(text.slice(0, colon).replace(/^\[|\]$/g, ''));
  if (ip === undefined) throw new TypeError(`not an address and a port: ${text}`);
  return { ip, port: Number(text.slice(colon + 1)) };
}
