/** Act 1: the world, and an agent on each node. */
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { clientIp, nodeIp } from '../../../test/support/addresses.ts';
import { ROUTER } from '../../world/topology.ts';
import {
  CLIENT,
  CLIENT_POD,
  NEWCOMER,
  NODE_NAMES,
  type Pod,
  PODS,
  SUCCESSORS,
  VIP_NODE,
} from '../cast.ts';
import type { Manifests } from '../manifests.ts';
import { event, heading, remark, say } from '../screen.ts';
import { type Stage, buildStage } from '../stage.ts';
import { drawScene } from '../view/drawing.ts';

/** Builds the world, shows it, and starts the agents. */
export async function openTheShow(): Promise<Stage> {
  heading('1. The world', 'nodes, pods and a client, each a network namespace of this kernel');
  const started = performance.now();
  const stage = await buildStage();
  for (const line of drawWorld(stage.manifests)) say(line);
  say();
  remark(`Pods have IPv6 addresses too: ${CLIENT_POD.name} is ${CLIENT_POD.ips.IPv6}.`);
  const { IPv4, IPv6 } = VIP_NODE;
  remark(
    `The router sends load balancer addresses to node-${IPv4} (IPv4) and node-${IPv6} (IPv6).`,
  );
  say();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  event(
    'built',
    `${stage.world.hosts.size} network namespaces in ${seconds} s, all of them private`,
  );
  await startAgents(stage);
  return stage;
}

// --- internal ---

async function startAgents({ agents }: Stage): Promise<void> {
  const startedAt = Date.now();
  for (const agent of agents) agent.start();
  for (const agent of agents) {
    const applied = await agent.applied(0);
    const lastAt = Math.max(...applied.map(({ time }) => time));
    const elements = applied.reduce((sum, { added }) => sum + added, 0);
    const done = `${elements} elements are in the kernel`;
    event(agent.nodeName, `${done} ${lastAt - startedAt} ms after the start of "switchyard run"`);
  }
}

function drawWorld(manifests: Manifests): string[] {
  return drawScene({
    client: {
      name: CLIENT,
      addresses: IP_FAMILIES.map((family) => clientIp(family, 1)),
    },
    router: ROUTER,
    nodes: NODE_NAMES.map((name, index) => ({
      name,
      addresses: [IP_FAMILIES.map((family) => nodeIp(family, index + 1)).join(', ')],
      pods: PODS.filter(({ nodeName }) => nodeName === name).map((pod) => [
        pod.name,
        pod.ips.IPv4,
        partOf(pod, manifests),
      ]),
    })),
  });
}

function partOf(pod: Pod, manifests: Manifests): string {
  if (pod === NEWCOMER) return '(for act 4)';
  if (SUCCESSORS.includes(pod)) return '(for act 5)';
  const services = manifests.workloads().filter((workload) => workload.pod === pod);
  return [...new Set(services.map(({ service }) => service))].join(', ');
}
