/** What to try with the cluster, as commands for the shell of whoever started it; pure. */
import { nftFamily, TABLE } from '../../rules/nftables/names.ts';
import { clusterIp, externalIp, nodeIp, podIp } from '../../test/support/addresses.ts';

/** What the commands are made from. */
export interface InstructionOptions {
  readonly kubeconfig: string;
  /** The command that enters the private namespaces. */
  readonly enter: string;
}

/** A purpose and a command each, under a heading. */
export interface InstructionGroup {
  readonly heading: string;
  readonly lines: readonly (readonly [what: string, command: string])[];
}

/** About the Service of example.yaml, most of it. */
export function instructions({ kubeconfig, enter }: InstructionOptions): InstructionGroup[] {
  const connect = (from: string, ip: string, port: number): string =>
    `${enter} ip netns exec ${from} bash -c 'head -1 </dev/tcp/${ip}/${port}'`;
  const newcomer = { addresses: [podIp('IPv4', 1, 2)], nodeName: 'node-1' };
  const added = [{ op: 'add', path: '/endpoints/-', value: newcomer }];
  return [
    {
      heading: 'Look and change',
      lines: [
        ['first', `export KUBECONFIG=${kubeconfig}`],
        ['look', 'kubectl get nodes,services,endpointslices; kubectl describe service web'],
        [
          'add a pod',
          `kubectl patch endpointslice web-ipv4 --type json -p '${JSON.stringify(added)}'`,
        ],
        ['add a Service', 'kubectl apply -f FILE    (like scripts/devcluster/example.yaml)'],
        ['follow', 'kubectl get endpointslices --watch'],
      ],
    },
    {
      heading: 'Connect, and see which pod answers',
      lines: [
        ['from a pod', connect('pod-1-3', clusterIp('IPv4', 10), SERVICE_PORT)],
        ['from a node', connect('node-2', clusterIp('IPv4', 10), SERVICE_PORT)],
        ['from outside', connect('client-1', externalIp('IPv4', 10), SERVICE_PORT)],
        ['to a node port', connect('client-1', nodeIp('IPv4', 3), NODE_PORT)],
      ],
    },
    {
      heading: 'Look inside',
      lines: [
        ['go in', enter],
        ['rules', `${enter} ip netns exec node-1 nft list table ${nftFamily('IPv4')} ${TABLE}`],
        ['an agent', `${enter} ip netns exec node-1 bash -c '${ASK_FOR_RULES}'`],
      ],
    },
  ];
}

// --- internal ---

const SERVICE_PORT = 80;
const NODE_PORT = 30_080;

/** The agent's metrics address, without any program that a machine may lack. */
const ASK_FOR_RULES =
  'exec 3<>/dev/tcp/127.0.0.1/10249; printf "GET /debug/rules HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3';
