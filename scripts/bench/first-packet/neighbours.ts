/**
 * A client pod and the pods that it may reach, each side in a network namespace of its own beside the
 * one that is the node. Packets for pods arrive, are counted and end there: nobody answers.
 */
import { writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { POD_CIDR } from '../cluster.ts';

/** The namespace of the client. */
export const CLIENT = 'bench-client';

/** Makes both namespaces, with links to the node's, which has this name. */
export async function addNeighbours(node: string): Promise<void> {
  await ip(`netns add ${CLIENT}`, `netns add ${PODS}`);
  await ip(
    // Not the same numbers on both ends: Linux takes such a link for one without a peer.
    `link add eth0 netns ${CLIENT} type veth peer name client netns ${node}`,
    `link add eth0 netns ${PODS} type veth peer name pods netns ${node}`,
  );
  await inside(CLIENT, [
    'link set eth0 up',
    `address add ${CLIENT_IP}/24 dev eth0`,
    `route add default via ${CLIENT_GATEWAY}`,
  ]);
  await inside(PODS, ['link set eth0 up', `address add ${PODS_IP}/24 dev eth0`]);
  await inside(node, [
    'link set client up',
    `address add ${CLIENT_GATEWAY}/24 dev client`,
    'link set pods up',
    `address add ${PODS_GATEWAY}/24 dev pods`,
    `route add ${POD_CIDR} via ${PODS_IP}`,
  ]);
  await execa('ip', ['netns', 'exec', PODS, 'nft', '-f', '-'], { input: COUNTER });
}

/** Removes them. */
export async function removeNeighbours(): Promise<void> {
  await ip(`netns delete ${CLIENT}`, `netns delete ${PODS}`);
}

/** Lets this process's network namespace pass packets on, as a node does. */
export function forwardPackets(): void {
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
}

/** How many packets have arrived at pods so far. */
export async function countArrivals(): Promise<number> {
  const list = ['list', 'counter', 'inet', 'bench', 'arrivals'];
  const { stdout } = await execa('ip', ['netns', 'exec', PODS, 'nft', ...list]);
  return Number(/packets (\d+)/.exec(stdout)?.[1]);
}

// --- internal ---

const PODS = 'bench-pods';

/** Among the pods' addresses, and far from those of the made-up cluster. */
const CLIENT_IP = '10.255.1.2';
const CLIENT_GATEWAY = '10.255.1.1';
const PODS_IP = '10.255.2.2';
const PODS_GATEWAY = '10.255.2.1';

const COUNTER = `
  table inet bench {
    counter arrivals { }
    chain arrive {
      type filter hook prerouting priority -300;
      meta l4proto udp counter name arrivals drop
    }
  }
`;

async function ip(...commands: string[]): Promise<void> {
  await execa('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n` });
}

async function inside(namespace: string, commands: readonly string[]): Promise<void> {
  const input = ['link set lo up', ...commands, ''].join('\n');
  await execa('ip', ['-netns', namespace, '-batch', '-'], { input });
}
