/** Reads IP addresses and CIDRs from outside. */
import { parseCidr, parseIp, type Cidr, type Ip } from '../../ip.ts';
import { isLoopback, isUnspecified } from '../../ip.ts';
import { addProblem, addUnexpected, type Report } from './fields.ts';

/** Addresses that never leave a link or name no host: the API server refuses them for Services and endpoints. */
export type SpecialAddress = 'unspecified' | 'loopback' | 'link-local' | 'multicast';

/** Which sort of special address it is, if any. */
export function specialAddress(ip: Ip): SpecialAddress | undefined {
  if (isUnspecified(ip)) return 'unspecified';
  if (isLoopback(ip)) return 'loopback';
  if (ip.startsWith('169.254.') || /^fe[89ab][0-9a-f]:/.test(ip)) return 'link-local';
  if (/^(22[4-9]|23[0-9])\./.test(ip) || /^ff[0-9a-f]{2}:/.test(ip)) return 'multicast';
  return undefined;
}

/** An address; `undefined`, and a problem, when it is none or a special one that is not allowed. */
export function readIp(
  value: unknown,
  path: string,
  report: Report,
  allowed: readonly SpecialAddress[] = [],
): Ip | undefined {
  const ip = typeof value === 'string' ? parseIp(value) : undefined;
  if (ip === undefined) {
    addUnexpected(report, path, 'an IP address', value);
    return undefined;
  }
  const special = specialAddress(ip);
  if (special === undefined || allowed.includes(special)) return ip;
  addProblem(
    report,
    path,
    `expected an address that other hosts can reach, got the ${special} address ${ip}`,
  );
  return undefined;
}

/** A CIDR, white space around it forgiven as in kube-proxy; `undefined`, and a problem, when it is none. */
export function readCidr(value: unknown, path: string, report: Report): Cidr | undefined {
  const cidr = typeof value === 'string' ? parseCidr(value.trim()) : undefined;
  if (cidr === undefined)
    addUnexpected(report, path, 'a CIDR such as 10.0.0.0/8 or fd00::/64', value);
  return cidr;
}
