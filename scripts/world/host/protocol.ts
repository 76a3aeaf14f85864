/**
 * What the controller and a host's process say to each other: one JSON object a line, requests on
 * the process's stdin, replies on its stdout, in any order, matched by id.
 */
import type { Ip } from '../../../rules/ip.ts';
import type { Protocol } from '../../../rules/services/types.ts';
import type { RelayEnd } from './relay.ts';

/** The protocols that Node has sockets for. */
export type SocketProtocol = Exclude<Protocol, 'sctp'>;

/** Where to listen; without an address on every address of both families. Port 0 lets the kernel choose. */
export interface ListenRequest {
  readonly protocol: SocketProtocol;
  readonly port: number;
  /** A host with several addresses needs it for UDP: the reply leaves from this address. */
  readonly ip?: Ip;
}

/** A listening socket of a host. */
export interface Listener {
  readonly id: number;
  readonly protocol: SocketProtocol;
  readonly port: number;
}

/** Whom to connect to. */
export interface ConnectRequest {
  readonly protocol: SocketProtocol;
  readonly ip: Ip;
  readonly port: number;
  /** Default: the kernel chooses. */
  readonly sourceIp?: Ip;
  /** Default: the kernel chooses. */
  readonly sourcePort?: number;
  /** How long to wait for an answer; default `DEFAULT_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

/**
 * Long enough to call silence a drop: over veth an IPv6 TCP connect misses the ICMPv6 error that
 * answers its first SYN (the socket is still busy sending it) and is told again after 1 s only.
 */
export const DEFAULT_TIMEOUT_MS = 2500;

/** What a listener tells each connection, or in return for each datagram. */
export interface Answer {
  /** The name of the host that was reached. */
  readonly by: string;
  /** The port it was reached at. */
  readonly port: number;
  /** The source address that it saw. */
  readonly source: Ip;
  readonly sourcePort: number;
}

/** A connection that reached a listener and heard back. */
export interface Answered extends Answer {
  readonly outcome: 'answered';
}

/** What became of a connection, or of a datagram that asks for an answer. */
export type ConnectResult =
  | Answered
  /** Refused at once, by a reset or an ICMP error. */
  | { readonly outcome: 'rejected' }
  /** Silence: dropped on the way, or by this host's own rules. */
  | { readonly outcome: 'timeout' }
  /** Anything else, with the code of Node's error: ENETUNREACH, EADDRNOTAVAIL, ... */
  | { readonly outcome: 'error'; readonly code: string };

/** The same connection many times. */
export interface ConnectManyRequest extends Omit<ConnectRequest, 'sourcePort'> {
  readonly count: number;
  /** How many at the same time. */
  readonly concurrency: number;
}

/** A TCP connection that stays open; the other side must be a listener of a host. */
export interface HoldRequest extends Omit<ConnectRequest, 'protocol'> {
  /** Sends a byte this often; default: only when checked. */
  readonly intervalMs?: number;
}

/** How a held connection is doing. */
export interface HeldReport {
  /** Open, and every byte sent has come back. */
  readonly alive: boolean;
  readonly sent: number;
  readonly echoed: number;
  /** The code of Node's error, or `closed by peer`. */
  readonly brokenBy?: string;
}

/** Continuous new connections: each of `concurrency` workers connects, waits `intervalMs`, connects again. */
export interface LoadRequest extends Omit<ConnectRequest, 'sourcePort'> {
  readonly concurrency: number;
  readonly intervalMs: number;
}

/** What became of a load's connections so far. */
export interface LoadReport {
  readonly answered: number;
  readonly failed: number;
  /** How many connections each host answered. */
  readonly answeredBy: Readonly<Record<string, number>>;
  /** The first failures, at most 20. */
  readonly firstFailures: readonly LoadFailure[];
}

/** One failed connection of a load. */
export interface LoadFailure {
  /** Since the load began. */
  readonly afterMs: number;
  readonly result: ConnectResult;
}

/** What is passed on, and where to. */
export interface RelayRequest {
  readonly from: RelayEnd;
  readonly to: RelayEnd;
}

/** Every command with its request and its reply. Ids name what an earlier command opened. */
export interface Commands {
  /** Names as sysctl(8) writes them, with `/` for `.`: `net/ipv4/ip_forward`. */
  writeSysctls: { request: Readonly<Record<string, string>>; reply: null };
  listen: { request: ListenRequest; reply: Listener };
  /** Connections accepted, or datagrams received. */
  countConnections: { request: number; reply: number };
  /** Stops listening; what was accepted stays open, as on a terminating pod. */
  closeListener: { request: number; reply: null };
  connect: { request: ConnectRequest; reply: ConnectResult };
  connectMany: { request: ConnectManyRequest; reply: readonly ConnectResult[] };
  /** Fails unless the connection is answered. */
  hold: { request: HoldRequest; reply: { id: number; answer: Answer } };
  /** Sends one more byte and waits for it. */
  checkHeld: { request: number; reply: HeldReport };
  releaseHeld: { request: number; reply: HeldReport };
  startLoad: { request: LoadRequest; reply: number };
  reportLoad: { request: number; reply: LoadReport };
  stopLoad: { request: number; reply: LoadReport };
  startRelay: { request: RelayRequest; reply: number };
  /** Loses what is sent over its connections of now, without closing them. */
  stallRelay: { request: number; reply: null };
}

/** The name of a command. */
export type CommandName = keyof Commands;

/** One line to a host. */
export interface RequestLine {
  readonly id: number;
  readonly command: CommandName;
  readonly request: unknown;
}

/** One line from a host. */
export type ReplyLine =
  | { readonly id: number; readonly reply: unknown }
  | { readonly id: number; readonly error: string };
