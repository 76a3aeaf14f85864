/** What is found out about the userspace proxy and about others in its place. */

/** Who carries the bytes, one process and one thread each. */
export const CARRIERS = ['switchyard', 'haproxy', 'nginx'] as const;

/** One of them. */
export type Carrier = (typeof CARRIERS)[number];

/** Short connections: connect, a request and an answer of 1 KiB each, close. */
export interface ConnectionFigure {
  readonly carrier: Carrier;
  /** As the load had it: the load and the endpoint share the other core, and may be the limit. */
  readonly perSecond: number;
  /** CPU time of the carrier for one, in microseconds, of it in its own code. */
  readonly cpuMicroseconds: number;
  readonly userMicroseconds: number;
}

/** Bytes over 16 long connections. */
export interface ThroughputFigure {
  readonly carrier: Carrier;
  readonly bytesPerSecond: number;
  /** CPU time of the carrier for a GiB. */
  readonly cpuSecondsPerGiB: number;
}

/** What short connections take longer than without anybody in between. */
export interface LatencyFigure {
  readonly carrier: Carrier;
  /** The same for all: a quarter of what switchyard can do. */
  readonly perSecond: number;
  readonly addedP50: number;
  readonly addedP99: number;
}

/** Memory of connections over which nothing goes. */
export interface IdleFigure {
  readonly carrier: Carrier;
  readonly connections: number;
  /** Resident, before and with them. */
  readonly emptyBytes: number;
  readonly fullBytes: number;
}

/** What listeners cost. */
export interface ListenerFigure {
  readonly carrier: Carrier;
  readonly listeners: number;
  /** From the start of the process until the last one accepts. */
  readonly seconds: number;
  readonly bytes: number;
}

/** Datagrams there and back. */
export interface DatagramFigure {
  readonly carrier: Carrier;
  readonly clients: number;
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  /** Sent at a quarter of that rate, and those that had no answer. */
  readonly sent: number;
  readonly lost: number;
}

/** All of it. */
export interface UserspaceFigures {
  /** What was left out, and why. */
  readonly missing: readonly string[];
  readonly connections: readonly ConnectionFigure[];
  readonly throughput: readonly ThroughputFigure[];
  readonly latency: readonly LatencyFigure[];
  readonly idle: readonly IdleFigure[];
  readonly listeners: readonly ListenerFigure[];
  readonly datagrams: readonly DatagramFigure[];
}
