/** What the chains depend on besides Services. */
import { touchesLoopback, type IpFamily } from '../ip.ts';
import type { NodePortMatch } from '../node/node-port-addresses.ts';
import type { RuleSettings } from '../settings.ts';

/** What only iptables mode asks. */
export interface ChainOptions {
  /** Whether node ports may be served at 127.0.0.1, if `nodePorts` names it. */
  readonly allowsLocalhostNodePorts: boolean;
  /** Whether forwarded packets that belong to no known connection are dropped. */
  readonly dropsInvalid: boolean;
}

/** One family's settings. */
export interface ChainSettings extends RuleSettings, ChainOptions {}

/**
 * Whether node ports are served at 127.0.0.1. Never at ::1: the kernel routes nothing from there to
 * another host.
 */
export function servesLocalhost(family: IpFamily, settings: ChainSettings): boolean {
  const { allowsLocalhostNodePorts, nodePorts } = settings;
  return family === 'IPv4' && allowsLocalhostNodePorts && namesLoopback(nodePorts);
}

// --- internal ---

function namesLoopback(nodePorts: NodePortMatch): boolean {
  return nodePorts.matchAll || nodePorts.cidrs.some(touchesLoopback);
}
