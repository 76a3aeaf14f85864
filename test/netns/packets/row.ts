/**
 * The rows of the packet table: who sends, to what, and what must become of it. A row is plain data;
 * it is about both families and both protocols unless it says otherwise.
 */
import { IP_FAMILIES, type Ip, type IpFamily, isLoopback } from '../../../rules/ip.ts';
import type { ConnectResult, SocketProtocol } from '../../../scripts/world/host/protocol.ts';
import { type IpPair, gatewayIps, ipsOfHost, nodeNumberOf } from './hosts.ts';
import type { Difference } from './mode.ts';
import { ENDPOINT_PORT } from './service.ts';
import type { Target } from './target.ts';

/** One row of the packet table. */
export interface PacketRow {
  /** A sentence about behaviour. */
  readonly name: string;
  /** The host that sends: `pod-1-3`, `node-1`, `client-1`. */
  readonly from: string;
  /** The address that it sends with; default: the kernel chooses. */
  readonly sourceIps?: IpPair;
  readonly to: Target;
  readonly expected: Expected;
  /** Default: both. */
  readonly families?: readonly IpFamily[];
  /** Default: TCP and UDP. */
  readonly protocols?: readonly SocketProtocol[];
  /** The row does not hold in modes that differ from nftables mode in this way. */
  readonly unless?: Difference;
  /** The row holds only in modes that differ in this way. */
  readonly needs?: Difference;
}

/** Refused, silently lost, or answered by exactly these hosts. */
export type Expected = 'reject' | 'drop' | readonly Reached[];

/** A host that must answer, and whose address it must see. */
export interface Reached {
  /** `pod-1-1`, or `pod-1-1:8081` where it answers at another port than 8080. */
  readonly host: string;
  readonly source: 'kept' | 'masqueraded';
}

/** These hosts answer, and see the sender's own address. */
export function kept(...hosts: readonly string[]): Reached[] {
  return hosts.map((host) => ({ host, source: 'kept' }));
}

/** These hosts answer, and see an address of the node that sent the packet their way. */
export function masqueraded(...hosts: readonly string[]): Reached[] {
  return hosts.map((host) => ({ host, source: 'masqueraded' }));
}

/** The same row where whatever goes to a Service is carried by a proxy on the node, which connects itself. */
export function asCarried(row: PacketRow): PacketRow {
  const { expected, to } = row;
  if (typeof expected === 'string') return row;
  // Who answers at the very port that was sent to was not reached by way of a Service.
  const isDirect = ({ host }: Reached): boolean => host.endsWith(`:${to.port}`);
  const carried = expected.map((reached): Reached => {
    return isDirect(reached) ? reached : { ...reached, source: 'masqueraded' };
  });
  return { ...row, expected: carried };
}

/** One packet of a row. */
export interface PacketKind {
  readonly family: IpFamily;
  readonly protocol: SocketProtocol;
}

/** The packets that a row is about. */
export function kindsOf({
  families = IP_FAMILIES,
  protocols = PROTOCOLS,
}: PacketRow): PacketKind[] {
  return families.flatMap((family) => protocols.map((protocol) => ({ family, protocol })));
}

/** The different things that became of a row's packets: `pod-1-1 sees 10.244.1.1`, `rejected`, ... */
export type Observation = readonly string[];

/** What must be observed of one kind of packet. */
export function expectedOf(row: PacketRow, { family }: PacketKind): Observation {
  const { expected } = row;
  if (expected === 'reject') return ['rejected'];
  if (expected === 'drop') return ['timeout'];
  return expected.map((reached) => sighting(reached.host, sourceOf(row, reached, family))).sort();
}

/** Sums up what became of packets. */
export function observationOf(results: readonly ConnectResult[]): Observation {
  return [...new Set(results.map(sightingOf))].sort();
}

// --- internal ---

const PROTOCOLS: readonly SocketProtocol[] = ['tcp', 'udp'];

function sourceOf(row: PacketRow, { host, source }: Reached, family: IpFamily): Ip {
  const { from, sourceIps, to } = row;
  if (source === 'masqueraded') {
    return masqueradeIps(to.node ?? nodeNumberOf(from) ?? 1, host)[family];
  }
  if (isLoopback(to.ips[family])) return to.ips[family];
  return (sourceIps ?? ipsOfHost(from))[family];
}

/** What masquerading by a node looks like to a host: the address that the node has on the way there. */
function masqueradeIps(node: number, host: string): IpPair {
  const isOwnPod = host.startsWith(`pod-${node}-`);
  return isOwnPod ? gatewayIps(node) : ipsOfHost(`node-${node}`);
}

function sightingOf(result: ConnectResult): string {
  switch (result.outcome) {
    case 'answered': {
      const { by, port, source } = result;
      return sighting(port === ENDPOINT_PORT ? by : `${by}:${port}`, source);
    }
    case 'error':
      return `error ${result.code}`;
    case 'rejected':
    case 'timeout':
      return result.outcome;
  }
}

function sighting(host: string, source: Ip): string {
  return `${host} sees ${source}`;
}
