/**
 * Flags and a configuration file in, the effective configuration out.
 */
import { readFileSync } from 'node:fs';
import { agentConfigOf, type AgentConfig } from './agent-config.ts';
import { ConfigError } from './config-error.ts';
import { configFileOf, ignoredFlagWarnings, settingFlagsOf, type FlagValues } from './flags.ts';
import { schemaProblems } from './problems.ts';
import { fileSource, flagSource } from './source.ts';

/** What a configuration is made of. */
export interface LoadOptions {
  /** commander's `command.opts()` of a command that went through `addConfigFlags`. */
  readonly flags: FlagValues;
  /** Gives the text of a file, or throws. */
  readonly readFile?: (file: string) => string;
}

/** A configuration that can be used. */
export interface LoadedConfig {
  readonly config: AgentConfig;
  /** What was given without effect: one sentence each, for the log. */
  readonly warnings: readonly string[];
}

/**
 * The effective configuration: that of the file that `--config` names, where the host name and the
 * logging flags win over a field, or else that of the flags. Throws a ConfigError that lists
 * everything wrong.
 */
export function loadConfig({ flags, readFile = readText }: LoadOptions): LoadedConfig {
  const file = configFileOf(flags);
  const given = settingFlagsOf(flags);
  const source = file === undefined ? flagSource(given) : fileSource(file, readFile, given);
  const parsed = source.schema.safeParse(source.data, { reportInput: true });
  const problems = new Set([
    ...source.problems,
    // One flag may set two fields, which are then wrong in the same words.
    ...(parsed.success ? [] : schemaProblems(parsed.error, source.placeOf)),
  ]);
  if (!parsed.success || problems.size > 0) throw new ConfigError([...problems]);
  return {
    config: agentConfigOf(parsed.data),
    warnings: [...ignoredFlagWarnings(flags), ...source.warningsOf(parsed.data)],
  };
}

// --- internal ---

function readText(file: string): string {
  return readFileSync(file, 'utf8');
}
