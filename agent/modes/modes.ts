/** The proxy modes by their names. */
import { agentConfigOf, type AgentConfig } from '../config/agent-config.ts';
import { PROXY_MODES, type ProxyMode } from '../config/proxy-mode.ts';
import { DEFAULTS } from '../config/schema.ts';
import type { Mode } from './mode.ts';
import { createIptablesMode } from './iptables.ts';
import { createNftablesMode } from './nftables.ts';

/** The configured mode, on this machine. */
export function createMode(config: ModeConfig): Mode {
  return CREATE[config.mode](config);
}

/** Every mode, on this machine, as it is without a configuration. */
export function createModes(): Mode[] {
  const config = agentConfigOf(DEFAULTS);
  return PROXY_MODES.map((mode) => createMode({ ...config, mode }));
}

// --- internal ---

type ModeConfig = Pick<AgentConfig, 'mode' | 'iptables'>;

const CREATE: Readonly<Record<ProxyMode, (config: ModeConfig) => Mode>> = {
  nftables: () => createNftablesMode(),
  iptables: (config) => createIptablesMode(config.iptables),
};
