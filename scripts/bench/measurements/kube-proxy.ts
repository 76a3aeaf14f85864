/**
 * The baseline: kube-proxy's tables, loaded and changed by nft as kube-proxy has it do. What
 * kube-proxy does besides is left out, in its favour.
 */
import { createNft, type RunNft } from '../../../agent/kernel/nft-process.ts';
import { createWorld, type World } from '../../../rules/services/world.ts';
import { fillWorld, initialPods, makeSlice } from '../cluster.ts';
import { withWitness, type CommitWitness } from '../commit-witness.ts';
import type { ChangeFigure, ClusterSize, FullSyncFigure, Layout } from '../figures.ts';
import { CHAIN_PER_ENDPOINT } from '../kube-proxy/chain-per-endpoint.ts';
import { CHAIN_PER_SERVICE } from '../kube-proxy/chain-per-service.ts';
import { TABLE, tableText, type KubeProxyLayout } from '../kube-proxy/table.ts';
import { watchPeakOf } from '../peak-memory.ts';
import { changeFigure, type ChangeTimes } from './change-times.ts';

/** What to measure. */
export interface KubeProxyOptions {
  readonly layout: Exclude<Layout, 'switchyard'>;
  readonly size: ClusterSize;
  /** How often an endpoint is replaced; 0 leaves that out. */
  readonly rounds: number;
}

/** What came of it. */
export interface KubeProxyFigures {
  readonly fullSync: FullSyncFigure;
  readonly oneEndpoint: readonly ChangeFigure[];
}

/** Measures in this network namespace, which must have no table yet. */
export async function measureKubeProxy({
  layout,
  size,
  rounds,
}: KubeProxyOptions): Promise<KubeProxyFigures> {
  const world = createWorld();
  fillWorld(world, size);
  const seconds = await measureLoad(LAYOUTS[layout], world);
  const fullSync = { layout, ...size, ...seconds };
  if (rounds === 0) return { fullSync, oneEndpoint: [] };
  const times = await measureChanges(LAYOUTS[layout], world, size, rounds);
  return { fullSync, oneEndpoint: [changeFigure({ layout, change: 'replace', ...size }, times)] };
}

// --- internal ---

const LAYOUTS: Readonly<Record<KubeProxyOptions['layout'], KubeProxyLayout>> = {
  'kube-proxy 1.36': CHAIN_PER_SERVICE,
  'kube-proxy 1.35': CHAIN_PER_ENDPOINT,
};

/** With patience for tables that take minutes. */
const nft = createNft({ program: 'nft', timeoutMs: 600_000 });

type LoadFigure = Pick<FullSyncFigure, 'seconds' | 'nftSeconds' | 'nftPeakBytes'>;

async function measureLoad(layout: KubeProxyLayout, world: World): Promise<LoadFigure> {
  const text = tableText(layout, [...world.checkOut().ports.values()].flat());
  const startedMs = performance.now();
  const { peakBytes } = await watchPeakOf('nft', () => run(['-f', '-'], text));
  const seconds = (performance.now() - startedMs) / 1000;
  return { seconds, nftSeconds: seconds, nftPeakBytes: peakBytes };
}

async function measureChanges(
  layout: KubeProxyLayout,
  world: World,
  { services, endpoints }: ClusterSize,
  rounds: number,
): Promise<ChangeTimes[]> {
  return withWitness(async (witness) => {
    const times: ChangeTimes[] = [];
    for (let round = 0; round < rounds; round++) {
      const service = round % services;
      const pods = [services * endpoints + round, ...initialPods(service, endpoints).slice(1)];
      world.upsertSlice(makeSlice(service, pods));
      times.push(await measureSync(chainText(layout, world), witness));
    }
    return times;
  });
}

/** The chains of the Services that changed. */
function chainText(layout: KubeProxyLayout, world: World): string {
  const ports = [...world.checkOut().ports.values()].flat();
  return ports.flatMap((port) => layout.chainCommands(port)).join('\n') + '\n';
}

async function measureSync(text: string, witness: CommitWitness): Promise<ChangeTimes> {
  const startedMs = performance.now();
  // Up to 1.36 every sync begins with the names of all chains and sets (kubernetes issue 139513).
  await run(['--json', '--terse', 'list', 'table', ...TABLE.split(' ')]);
  const sentMs = performance.now() - startedMs;
  await run(['-f', '-'], text);
  const endedMs = performance.now() - startedMs;
  const [committedMs = NaN] = await witness.take(1);
  return { sentMs, committedMs: committedMs - startedMs, endedMs };
}

async function run(...[args, input]: Parameters<RunNft>): Promise<void> {
  const { exitCode, stderr } = await nft(args, input);
  if (exitCode !== 0) throw new Error(`nft ${args.join(' ')} failed: ${stderr}`);
}
