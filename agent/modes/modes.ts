/** The proxy modes by their names. */
import { PROXY_MODES, type ProxyMode } from '../config/proxy-mode.ts';
import type { Mode } from './mode.ts';
import { createNftablesMode } from './nftables.ts';

/** The mode of a name, on this machine. */
export function createMode(name: ProxyMode): Mode {
  return CREATE[name]();
}

/** Every mode, on this machine. */
export function createModes(): Mode[] {
  return PROXY_MODES.map(createMode);
}

// --- internal ---

const CREATE: Readonly<Record<ProxyMode, () => Mode>> = {
  nftables: () => createNftablesMode(),
};
