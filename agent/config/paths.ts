/**
 * Dotted paths into plain data, such as `nftables.masqueradeBit`.
 */
import type { Path } from './document.ts';

/** The value at a path; `undefined` when there is none. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (isRecord(value) ? value[step] : undefined), data);
}

/** A copy with another value at the path. What is not a map on the way there stays as it is. */
export function withValueAt(data: unknown, path: readonly string[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const parent = data ?? {};
  return isRecord(parent) ? { ...parent, [step]: withValueAt(parent[step], rest, value) } : parent;
}

/** The steps of a dotted path. */
export function stepsOf(dotted: string): string[] {
  return dotted.split('.');
}

/** A path as text: `nodePortAddresses[1]`. An unusual name is put in quotes. */
export function formatPath(path: Path): string {
  return path.map((step, index) => formatStep(step, index === 0)).join('');
}

// --- internal ---

function isRecord(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function formatStep(step: string | number, isFirst: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  const name = /^[\w-]+$/.test(step) ? step : JSON.stringify(step);
  return isFirst ? name : `.${name}`;
}
