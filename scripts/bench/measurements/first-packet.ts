/** How long a new flow's first packet takes through the rules of a node. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { createWorld } from '../../../rules/services/world.ts';
import { clusterIpOf, fillWorld, podIpOf } from '../cluster.ts';
import type { ClusterSize } from '../figures.ts';
import { CLIENT, countArrivals, forwardPackets } from '../first-packet/neighbours.ts';
import type { ProbeOptions } from '../first-packet/probe.ts';
import type { FirstPacketFigure, FirstPacketRules } from '../iptables-figures.ts';
import { loadKubeProxy } from '../kube-proxy/load.ts';
import {
  createMeasuredAgent,
  createMeasuredChains,
  type MeasuredAgent,
} from '../measured-agent.ts';
import { median, percentile } from '../statistics.ts';

/** What to measure. */
export interface FirstPacketOptions {
  readonly rules: FirstPacketRules;
  readonly size: ClusterSize;
  readonly flows: number;
}

/** Measures in this network namespace, which is the node between the two of neighbours.ts. */
export async function measureFirstPacket({
  rules,
  size,
  flows,
}: FirstPacketOptions): Promise<FirstPacketFigure> {
  forwardPackets();
  await load(rules, size);
  const numbers = Array.from({ length: size.services }, (_, service) => service);
  const destination =
    rules === 'none'
      ? { ips: numbers.map(podIpOf), port: 8080 }
      : { ips: numbers.map(clusterIpOf), port: 80 };
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(await probe({ ...destination, flows: Math.ceil(flows / ROUNDS) }));
  }
  return {
    rules,
    ...size,
    flows,
    // Of rounds, so that what else the machine does in one of them does not count.
    p50: median(rounds.map((times) => percentile(times, 0.5))),
    p99: median(rounds.map((times) => percentile(times, 0.99))),
  };
}

// --- internal ---

const ROUNDS = 5;
const PROBE = fileURLToPath(new URL('../first-packet/probe.ts', import.meta.url));

async function load(rules: FirstPacketRules, size: ClusterSize): Promise<void> {
  switch (rules) {
    case 'none':
      return;
    case 'switchyard, nftables':
      return syncOurs(createMeasuredAgent(), size);
    case 'switchyard, iptables-nft':
      return syncOurs(createMeasuredChains('nft'), size);
    case 'switchyard, iptables-legacy':
      return syncOurs(createMeasuredChains('legacy'), size);
    case 'kube-proxy, iptables-nft':
      return loadTheirs('nft', size);
    case 'kube-proxy, iptables-legacy':
      return loadTheirs('legacy', size);
  }
}

async function syncOurs(agent: MeasuredAgent, size: ClusterSize): Promise<void> {
  fillWorld(agent.world, size, 'UDP');
  await agent.sync();
}

async function loadTheirs(variant: 'nft' | 'legacy', size: ClusterSize): Promise<void> {
  const world = createWorld();
  fillWorld(world, size, 'UDP');
  await loadKubeProxy(variant, [...world.checkOut().ports.values()].flat(), { flushes: true });
}

/** Runs the client. Rejects unless every packet has arrived at a pod. */
async function probe(options: ProbeOptions): Promise<number[]> {
  const before = await countArrivals();
  const { stdout } = await execa('ip', ['netns', 'exec', CLIENT, process.execPath, PROBE], {
    input: JSON.stringify(options),
  });
  const arrived = (await countArrivals()) - before;
  if (arrived < options.flows) {
    throw new Error(`of ${options.flows} packets only ${arrived} arrived at a pod`);
  }
  return JSON.parse(stdout) as number[];
}
