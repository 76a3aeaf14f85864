/**
 * The effective configuration as the text of a file, with the mode's own defaults filled in, and what
 * the format cannot say of it.
 */
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import type { AgentConfig } from './agent-config.ts';
import { externalForm } from './external-form.ts';
import { FIELDS } from './fields.ts';
import { stepsOf, valueAt } from './paths.ts';
import { fileSchema, type KubeProxyConfiguration } from './schema.ts';

/** A configuration as a file. */
export interface WrittenConfig {
  /** YAML. */
  readonly text: string;
  /** One sentence for each field that reads back as something else: a file cannot say zero there. */
  readonly losses: readonly string[];
}

/** Writes a configuration down. */
export function writtenConfig({ file, nodePortAddresses }: AgentConfig): WrittenConfig {
  const { keywords, cidrs } = nodePortAddresses;
  const isGiven = file.nodePortAddresses.length > 0;
  const effective = isGiven ? file : { ...file, nodePortAddresses: [...keywords, ...cidrs] };
  const form = externalForm(effective);
  return { text: stringify(form), losses: lossesIn(effective, fileSchema.parse(form)) };
}

// --- internal ---

function lossesIn(written: KubeProxyConfiguration, read: KubeProxyConfiguration): string[] {
  return Object.keys(FIELDS)
    .filter((path) => !isDeepStrictEqual(valueIn(written, path), valueIn(read, path)))
    .map((path) => `${path}: a file cannot say what the flag says; it will have its default`);
}

function valueIn(file: KubeProxyConfiguration, path: string): unknown {
  return valueAt(file, stepsOf(path));
}
