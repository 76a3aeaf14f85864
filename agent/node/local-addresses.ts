/** The addresses of this machine. */
import { networkInterfaces } from 'node:os';
import { parseIp, type Ip } from '../../rules/ip.ts';

/** Those of all interfaces that are up, both families. */
export function localAddresses(): ReadonlySet<Ip> {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return new Set(addresses.flatMap(({ address }) => parseIp(address) ?? []));
}
