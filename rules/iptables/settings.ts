/** What the chains depend on besides Services. */
import { cidrContains, isLoopback, networkOf, type Cidr, type Ip, type IpFamily } from '../ip.ts';
import type { NodePortMatch } from '../node/node-port-addresses.ts';
import type { RuleSettings } from '../settings.ts';

/** One family's settings. */
export interface ChainSettings extends RuleSettings {
  /** Whether node ports may be served at 127.0.0.1, if `nodePorts` names it. */
  readonly allowsLocalhostNodePorts: boolean;
  /** Whether forwarded packets that belong to no known connection are dropped. */
  readonly dropsInvalid: boolean;
}

/**
 * Whether node ports are served at 127.0.0.1. Never at ::1: the kernel routes nothing from there to
 * another host.
 */
export function servesLocalhost(family: IpFamily, settings: ChainSettings): boolean {
  const { allowsLocalhostNodePorts, nodePorts } = settings;
  return family === 'IPv4' && allowsLocalhostNodePorts && namesLoopback(nodePorts);
}

/** Whether loopback addresses lie wholly or partly inside a network. */
export function touchesLoopback(cidr: Cidr): boolean {
  return isLoopback(networkOf(cidr)) || LOOPBACKS.some((ip) => cidrContains(cidr, ip));
}

// --- internal ---

const LOOPBACKS = ['127.0.0.1' as Ip, '::1' as Ip];

function namesLoopback(nodePorts: NodePortMatch): boolean {
  return nodePorts.matchAll || nodePorts.cidrs.some(touchesLoopback);
}
