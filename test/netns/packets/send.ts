/** Sends the packets of rows and tells what became of them. */
import type { World } from '../../../scripts/world/world.ts';
import {
  type Observation,
  type PacketKind,
  type PacketRow,
  expectedOf,
  kindsOf,
  observationOf,
} from './row.ts';

/** What became of a row's packets, or must, by kind: `tcp IPv4`, ... */
export type Observations = Readonly<Record<string, Observation>>;

/** Sends the packets of all rows, many at the same time. */
export async function sendRows(
  world: World,
  rows: readonly PacketRow[],
): Promise<ReadonlyMap<PacketRow, Observations>> {
  const shots = rows.flatMap((row) => kindsOf(row).map((kind): Shot => ({ row, kind })));
  const results = new Map(rows.map((row): [PacketRow, Record<string, Observation>] => [row, {}]));
  const sendShot = async ({ row, kind }: Shot): Promise<void> => {
    const observation = await send(world, row, kind);
    results.set(row, { ...results.get(row), [nameOf(kind)]: observation });
  };
  const isQuiet = ({ row }: Shot): boolean => typeof row.expected === 'string';
  await Promise.all([
    forEachOf(shots.filter(isQuiet), QUIET_AT_ONCE, sendShot),
    forEachOf(
      shots.filter((shot) => !isQuiet(shot)),
      BUSY_AT_ONCE,
      sendShot,
    ),
  ]);
  return results;
}

/** Sends the packets of one row. */
export async function sendRow(world: World, row: PacketRow): Promise<Observations> {
  return (await sendRows(world, [row])).get(row) ?? {};
}

/** What must become of a row's packets. */
export function expectedObservations(row: PacketRow): Observations {
  return Object.fromEntries(kindsOf(row).map((kind) => [nameOf(kind), expectedOf(row, kind)]));
}

// --- internal ---

/** One kind of packet of a row. */
interface Shot {
  readonly row: PacketRow;
  readonly kind: PacketKind;
}

/** Those that wait for a reject or a drop to show cost nothing meanwhile. */
const QUIET_AT_ONCE = 250;
/** More would make two cores late with their answers. */
const BUSY_AT_ONCE = 32;

/** Where all must end in the same way. */
const FEW_CONNECTIONS = 3;

/** Does something with every item, with so many of them at the same time. */
async function forEachOf<T>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const work = async (): Promise<void> => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function send(world: World, row: PacketRow, kind: PacketKind): Promise<Observation> {
  const { from, to, sourceIps, expected } = row;
  const results = await world.host(from).connectMany({
    ...{ protocol: kind.protocol, ip: to.ips[kind.family], port: to.port },
    ...(sourceIps !== undefined && { sourceIp: sourceIps[kind.family] }),
    count: typeof expected === 'string' ? FEW_CONNECTIONS : connectionsToSeeAll(expected.length),
    concurrency: 4,
  });
  return observationOf(results);
}

/**
 * How many connections see every one of `count` equally likely endpoints. Each is missed by n of them
 * with probability (1 - 1/count)^n: taken together, one in fewer than one of 10^8 rows.
 */
function connectionsToSeeAll(count: number): number {
  if (count === 1) return FEW_CONNECTIONS;
  return Math.ceil(Math.log(1e-8 / count) / Math.log(1 - 1 / count));
}

function nameOf({ protocol, family }: PacketKind): string {
  return `${protocol} ${family}`;
}
