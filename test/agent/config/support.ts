/**
 * Loads configurations the way a command does: through commander.
 */
import { Command } from 'commander';
import { ConfigError } from '../../../agent/config/config-error.ts';
import { addConfigFlags, addOneShotFlags } from '../../../agent/config/flags.ts';
import { loadConfig, type LoadedConfig } from '../../../agent/config/load.ts';
import { DEFAULTS } from '../../../agent/config/schema.ts';

/** The lines that every configuration file begins with here; a test's own text starts on line 3. */
export const HEADER =
  'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

/** A command with the configuration's flags, and those for one task, that neither exits nor prints. */
export function configCommand(): Command {
  const command = new Command('run').exitOverride().configureOutput({ writeErr: () => undefined });
  return addOneShotFlags(addConfigFlags(command));
}

/** What a command line makes; any file it names has this text. */
export function load(argv: readonly string[], text = ''): LoadedConfig {
  const command = configCommand().parse(argv, { from: 'user' });
  return loadConfig({ flags: command.opts(), readFile: () => text });
}

/** What a file makes that has this text after the header. */
export function loadFile(text: string, ...argv: string[]): LoadedConfig {
  return load(['--config', 'kube-proxy.yaml', ...argv], HEADER + text);
}

/** The problems for which a configuration is refused; none when it is accepted. */
export function problemsOf(load: () => LoadedConfig): readonly string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The paths of all fields of the file format, for which the parsed defaults have a value each. */
export function fieldPaths(value: object = DEFAULTS, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const isSection = typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0;
    return isSection ? fieldPaths(inner, `${prefix}${key}.`) : [`${prefix}${key}`];
  });
}
