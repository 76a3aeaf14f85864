/** Objects whose only key says what they are. */
import type { OneOf } from '../one-of.ts';
import { at, object, UnfamiliarJson, type Reader, type Readers } from './reader.ts';

/** Reads an object by its only key. What none of the readers knows becomes `{ unknown }`, whole. */
export function oneOfKinds<Bodies extends object>(
  bodies: Readers<Bodies>,
): Reader<OneOf<Bodies> | { readonly unknown: unknown }> {
  const readers = new Map(Object.entries<Reader<unknown>>(bodies));
  return (value) => {
    const source = object(value);
    const kind = soleKey(source);
    // What was kept as unknown once stays as it is.
    if (kind === 'unknown') return { unknown: source[kind] };
    const read = kind === undefined ? undefined : readers.get(kind);
    if (kind === undefined || read === undefined) return { unknown: value };
    try {
      return { [kind]: at(kind, read, source[kind]) } as OneOf<Bodies>;
    } catch (error) {
      if (error instanceof UnfamiliarJson) return { unknown: value };
      throw error;
    }
  };
}

// --- internal ---

function soleKey(source: object): string | undefined {
  let sole: string | undefined;
  // Faster than Object.keys, which would make an array for each of 100,000s of elements.
  for (const key in source) {
    if (sole !== undefined) return undefined;
    sole = key;
  }
  return sole;
}
