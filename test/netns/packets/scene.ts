/** Scenes: nodes programmed in some way, and the rows that must hold then. */
import { expect } from 'chai';
import type { LogLine } from './agent.ts';
import type { Bed } from './bed.ts';
import { CLUSTER_CIDR_FLAGS } from './cluster.ts';
import type { Difference, PacketMode } from './mode.ts';
import { asCarried, type PacketRow } from './row.ts';
import { type Observations, expectedObservations, sendRows } from './send.ts';
import type { TestService } from './service.ts';
import type { Topic } from './topic.ts';

/** What a scene is made of. */
export interface Scene {
  readonly topics: readonly Topic[];
  /** By node, node 1 first: its agent's flags; default: CLUSTER_CIDR_FLAGS on every node. */
  readonly flags?: readonly (readonly string[])[];
}

/** What the agents of a scene logged, node 1 first; empty until the scene's tests run. */
export interface SceneLogs {
  nodes: readonly (readonly LogLine[])[];
}

/**
 * To be called inside `describe`: programs the nodes and sends all packets at once before the
 * tests, then makes one test a row.
 */
export function testScene(mode: PacketMode, bed: () => Bed, { topics, flags }: Scene): SceneLogs {
  const logs: SceneLogs = { nodes: [] };
  let observations: ReadonlyMap<PacketRow, Observations>;
  const differs = (difference: Difference): boolean => mode.differences.includes(difference);
  const holds = ({ unless, needs }: PacketRow): boolean => {
    return (unless === undefined || !differs(unless)) && (needs === undefined || differs(needs));
  };

  // The same rows for each use: what became of their packets is known by them.
  const rowsOf = new Map(
    topics.map((topic): [Topic, readonly PacketRow[]] => {
      const rows = topic.rows.filter(holds);
      const isCarried = differs('sources are the node');
      return [topic, isCarried ? rows.map(asCarried) : rows];
    }),
  );

  before(async function () {
    this.timeout(SCENE_TIMEOUT_MS);
    for (const { extraIps = [], servers = [] } of topics) {
      for (const { host, ips } of extraIps) await bed().addIps(host, ips);
      for (const { host, ips, port } of servers) await bed().serve(host, ips, port);
    }
    const services = topics.flatMap((topic) => topic.services);
    logs.nodes = await programNodes(mode, bed(), services, flags);
    await bed().takeFreshPorts();
    observations = await sendRows(bed().world, [...rowsOf.values()].flat());
  });

  for (const [{ name }, rows] of rowsOf) {
    describe(name, () => {
      for (const row of rows) {
        it(row.name, () => {
          expect(observations.get(row)).to.deep.equal(expectedObservations(row));
        });
      }
    });
  }
  return logs;
}

/** Has every node programmed with the Services; resolves to what the agents logged, node 1 first. */
export async function programNodes(
  mode: PacketMode,
  bed: Bed,
  services: readonly TestService[],
  flags: readonly (readonly string[])[] = [],
): Promise<readonly (readonly LogLine[])[]> {
  await bed.write(services);
  const source = bed.source.flags;
  return Promise.all(
    bed.nodes.map((node, index) => {
      return mode.program(node, { source, flags: flags[index] ?? CLUSTER_CIDR_FLAGS });
    }),
  );
}

// --- internal ---

const SCENE_TIMEOUT_MS = 60_000;
