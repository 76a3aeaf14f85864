/**
 * The side in the private namespaces that scripts/devcluster.ts makes: nodes, pods, a client, and an
 * agent on each node. Ends on a signal, which also comes when the side outside is gone, and takes the
 * files of both sides with it.
 *
 * Arguments: the folder of these files, and the name of the API server.
 */
import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { IP_FAMILIES } from '../../rules/ip.ts';
import { EXTERNAL_CIDR, SERVICE_CIDR } from '../../test/support/addresses.ts';
import { followAgents } from '../demo/follow-agents.ts';
import { NodeAgent } from '../demo/node-agent.ts';
import { event, heading, say } from '../demo/screen.ts';
import { alignColumns } from '../demo/view/columns.ts';
import { howToEnter } from '../world/private.ts';
import { createWorld, type World } from '../world/world.ts';
import { instructions } from './instructions.ts';
import { NODE_API_PORT, POD_PORT, sharedFiles, WORLD } from './layout.ts';

/** Where the router sends what is for no node in particular. */
const ENTRY_NODE = 1;

const [folder = '', serverName = ''] = process.argv.slice(2);
const { kubeconfig, agentKubeconfig, apiSocket } = sharedFiles(folder);
endWithFiles();

heading('A cluster of three nodes', `namespaces of this kernel, and ${serverName}`);
const world = await createWorld(WORLD);
await Promise.all([startPods(world), leadToNodes(world), leadToServer(world)]);
event('built', `${world.hosts.size} network namespaces, all of them private`);
await followAgents(await startAgents(world));

// --- internal ---

/** Nothing else has to be put in order: the kernel ends what is in here with process 1. */
function endWithFiles(): void {
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}

async function startPods({ hosts }: World): Promise<void> {
  const pods = [...hosts.values()].filter(({ name }) => name.startsWith('pod-'));
  const protocols = ['tcp', 'udp'] as const;
  await Promise.all(
    pods.flatMap((pod) => protocols.map((protocol) => pod.listen({ protocol, port: POD_PORT }))),
  );
}

async function leadToNodes(world: World): Promise<void> {
  for (const family of IP_FAMILIES) {
    await world.routeVia(SERVICE_CIDR[family], ENTRY_NODE);
    await world.routeVia(EXTERNAL_CIDR[family], ENTRY_NODE);
  }
}

async function leadToServer(world: World): Promise<void> {
  const way = { from: { port: NODE_API_PORT }, to: { path: apiSocket } };
  await Promise.all(nodesOf(world).map((node) => node.relay(way)));
}

async function startAgents(world: World): Promise<NodeAgent[]> {
  const source = ['--kubeconfig', agentKubeconfig];
  const agents = nodesOf(world).map((node) => new NodeAgent(node, source));
  for (const agent of agents) agent.start();
  for (const agent of agents) {
    const applied = await agent.applied(0);
    const elements = applied.reduce((sum, { added }) => sum + added, 0);
    event(
      agent.nodeName,
      `its agent follows the API server: ${elements} elements are in the kernel`,
    );
  }
  showInstructions();
  return agents;
}

function showInstructions(): void {
  for (const group of instructions({ kubeconfig, enter: howToEnter() })) {
    heading(group.heading);
    for (const line of alignColumns(group.lines)) say(line);
  }
  heading('The cluster stays up until Ctrl-C', `its kubeconfig is ${kubeconfig}`);
}

function nodesOf({ hosts }: World) {
  return [...hosts.values()].filter(({ name }) => name.startsWith('node-'));
}
