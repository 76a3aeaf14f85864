/** What differs between two configurations, and what a running agent has to do about it. */
import { isDeepStrictEqual } from 'node:util';
import { FIELDS } from './fields.ts';
import { stepsOf, valueAt } from './paths.ts';
import type { KubeProxyConfiguration } from './schema.ts';

/** The fields that differ, by their paths in the file. */
export interface ConfigChange {
  /** A running agent takes these up. */
  readonly toApply: readonly string[];
  /** These it has to be started again for. */
  readonly toRestart: readonly string[];
  /** These have no effect. */
  readonly unused: readonly string[];
}

/** Compares; `undefined` when nothing differs. */
export function configChange(
  before: KubeProxyConfiguration,
  after: KubeProxyConfiguration,
): ConfigChange | undefined {
  const [toApply, toRestart, unused]: [string[], string[], string[]] = [[], [], []];
  for (const [path, use] of Object.entries(FIELDS)) {
    const steps = stepsOf(path);
    if (isDeepStrictEqual(valueAt(before, steps), valueAt(after, steps))) continue;
    if (use.kind !== 'used') unused.push(path);
    else if (use.onChange === 'apply') toApply.push(path);
    else toRestart.push(path);
  }
  const count = toApply.length + toRestart.length + unused.length;
  return count === 0 ? undefined : { toApply, toRestart, unused };
}
