/**
 * A configuration as a v1alpha1 file has it: durations as text, lists where the format has lists. It
 * reads back as the same configuration.
 */
import { formatGoDuration } from './go-duration.ts';
import type { KubeProxyConfiguration } from './schema.ts';

/** The configuration in the form of a file, every field with its value. */
export function externalForm(config: KubeProxyConfiguration): object {
  return { ...formOf(config), clusterCIDR: config.clusterCIDR.join() };
}

// --- internal ---

/** Durations are all numbers in here, in milliseconds; their fields are told by their names. */
const DURATION_NAME = /(Period|Timeout|Frequency)$/;

function formOf(section: object): object {
  const entries = Object.entries(section).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'number' && DURATION_NAME.test(name)) {
      return [name, formatGoDuration(value)];
    }
    return [name, isSection(value) ? formOf(value) : value];
  });
  return Object.fromEntries(entries) as object;
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
