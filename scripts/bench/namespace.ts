/** Where a measurement takes place: a network namespace that nothing else uses. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Measurements } from './measure.ts';

/** The name of the namespace. */
export const NODE = 'bench';

/** Runs one measurement in a process of its own; rejects, with what it said, if it fails. */
export type Measure = <Name extends keyof Measurements>(
  name: Name,
  options: Measurements[Name]['options'],
) => Promise<Measurements[Name]['figures']>;

/**
 * Makes a network namespace, measures in it, and removes it. Only inside the private namespaces of
 * `runPrivately`, since its name is always the same.
 */
export async function inNamespace<T>(use: (measure: Measure) => Promise<T>): Promise<T> {
  await execa('ip', ['netns', 'add', NODE]);
  try {
    return await use(measure);
  } finally {
    await execa('ip', ['netns', 'delete', NODE]);
  }
}

// --- internal ---

const MEASURE = fileURLToPath(new URL('measure.ts', import.meta.url));

async function measure<Name extends keyof Measurements>(
  name: Name,
  options: Measurements[Name]['options'],
): Promise<Measurements[Name]['figures']> {
  const program = [process.execPath, MEASURE, name, JSON.stringify(options)];
  const { exitCode, stdout, stderr } = await execa('ip', ['netns', 'exec', NODE, ...program], {
    reject: false,
  });
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Measurements[Name]['figures'];
}
