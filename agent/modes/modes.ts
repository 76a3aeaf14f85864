/** The proxy modes by their names. */
import { agentConfigOf, type AgentConfig } from '../config/agent-config.ts';
import { PROXY_MODES, type ProxyMode } from '../config/proxy-mode.ts';
import { DEFAULTS } from '../config/schema.ts';
import type { Mode } from './mode.ts';
import { createIptablesMode } from './iptables.ts';
import { createNftablesMode } from './nftables.ts';
import { createUserspaceMode } from './userspace.ts';

/** The configured mode, on this machine. */
export function createMode(config: AgentConfig): Mode {
  return CREATE[config.mode](config);
}

/** Every mode, on this machine, as if nothing were configured. */
export function createModes(): Mode[] {
  return PROXY_MODES.map((mode) => createMode(agentConfigOf({ ...DEFAULTS, mode })));
}

// --- internal ---

const CREATE: Readonly<Record<ProxyMode, (config: AgentConfig) => Mode>> = {
  nftables: ({ userspace: { loadBalancing } }) => createNftablesMode(undefined, { loadBalancing }),
  iptables: ({ iptables }) => createIptablesMode(iptables),
  userspace: createUserspaceMode,
};
