/**
 * What a schema found, as sentences for people.
 */
import { inspect } from 'node:util';
import type { z } from 'zod';
import type { Path } from './document.ts';
import { valueAt } from './paths.ts';
import { DEFAULTS } from './schema.ts';

/** One sentence for each thing that a schema refuses; `placeOf` names where a value was given. */
export function schemaProblems(error: z.ZodError, placeOf: (path: Path) => string): string[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${placeOf([...path, key])}: ${unknownField(path, key)}`);
    }
    const expected = issue.code === 'invalid_type' ? SHAPES[issue.expected] : undefined;
    return [
      `${placeOf(path)}: expected ${expected ?? issue.message}, got ${describe(issue.input)}`,
    ];
  });
}

// --- internal ---

/** What zod's words for the shapes of data mean in a file. */
const SHAPES: Readonly<Record<string, string>> = {
  object: 'a map of fields',
  record: 'a map of names and values',
  array: 'a list',
};

function unknownField(path: Path, key: string): string {
  const known = Object.keys(valueAt(DEFAULTS, path) ?? {});
  const meant = known.find((name) => name.toLowerCase() === key.toLowerCase());
  return meant === undefined
    ? 'unknown field; remove it or correct its name'
    : `unknown field; write it "${meant}"`;
}

/** A value in few words, safe to print. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  // Unlike JSON, inspect() knows the numbers `.inf` and `.nan`.
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}

const MAX_SHOWN = 60;
