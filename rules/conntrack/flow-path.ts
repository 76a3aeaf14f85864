/** What of a tracked UDP flow tells whether it is stale. */
import { joinHostPort, type Ip } from '../ip.ts';

/**
 * Where a flow's packets go: to which frontend, and from there to which endpoint. Flows of different
 * clients on the same path are stale together.
 */
export interface FlowPath {
  /** Where the client sends to. */
  readonly destination: Ip;
  readonly destinationPort: number;
  /** Who gets the packets and answers: the destination itself where nothing was translated. */
  readonly replier: Ip;
  readonly replierPort: number;
}

/** Two paths are the same if their keys are. */
export function pathKey(path: FlowPath): string {
  return `${destinationOf(path)} ${replierOf(path)}`;
}

/** `ip:port` or `[ip]:port`. */
export function destinationOf({ destination, destinationPort }: FlowPath): string {
  return joinHostPort(destination, destinationPort);
}

/** `ip:port` or `[ip]:port`: comparable with the id of an endpoint. */
export function replierOf({ replier, replierPort }: FlowPath): string {
  return joinHostPort(replier, replierPort);
}

/** Whether a NAT rule, ours or another, sends it somewhere else. */
export function isTranslated(path: FlowPath): boolean {
  return path.destination !== path.replier || path.destinationPort !== path.replierPort;
}
