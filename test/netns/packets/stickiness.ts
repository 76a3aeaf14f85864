/** Which endpoint each of many clients is stuck to. */
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { clientIp } from '../../support/addresses.ts';
import type { Bed } from './bed.ts';
import { type IpPair, inBothFamilies } from './hosts.ts';
import type { Target } from './target.ts';

/**
 * Where each client ends up, by `VIP tcp IPv4 198.51.100.101`: an endpoint, or several when nothing holds
 * it.
 */
export type Pins = ReadonlyMap<string, string>;

/** Addresses of client-1, each a client of its own to a Service. */
export const STICKY_CLIENTS: readonly IpPair[] = Array.from({ length: 20 }, (_, index) =>
  inBothFamilies((family) => clientIp(family, 101 + index)),
);

/** Gives client-1 the addresses of all clients. */
export async function addStickyClients(bed: Bed): Promise<void> {
  for (const ips of STICKY_CLIENTS) await bed.addIps('client-1', ips);
}

/** Has every client connect a few times in a row to every target, over TCP and UDP. */
export async function findPins(
  bed: Bed,
  targets: Readonly<Record<string, Target>>,
  connections = 3,
): Promise<Pins> {
  await bed.takeFreshPorts();
  const client = bed.world.host('client-1');
  const found = Object.entries(targets).flatMap(([name, { ips, port }]) =>
    IP_FAMILIES.flatMap((family) =>
      (['tcp', 'udp'] as const).flatMap((protocol) =>
        STICKY_CLIENTS.map(async (clientIps): Promise<[string, string]> => {
          const results = await client.connectMany({
            ...{ protocol, ip: ips[family], port, sourceIp: clientIps[family] },
            // One after the other: two that come together may both come first.
            ...{ count: connections, concurrency: 1 },
          });
          const hosts = results.map((each) =>
            each.outcome === 'answered' ? each.by : each.outcome,
          );
          return [
            `${name} ${protocol} ${family} ${clientIps[family]}`,
            [...new Set(hosts)].join(' and '),
          ];
        }),
      ),
    ),
  );
  return new Map(await Promise.all(found));
}
