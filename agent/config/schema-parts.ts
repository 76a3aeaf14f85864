/**
 * The bricks that the schema is made of. Go reads null and an absent field alike, so both leave a
 * field unset here too.
 */
import { z } from 'zod';
import type { ValueKind } from './values.ts';

const anything = z.unknown().optional();

/** A field of a kind; its fallback when it is not set. */
export function field<T>(
  kind: ValueKind<T>,
  fallback: T,
  isUnset: (value: unknown) => boolean = () => false,
) {
  return anything.transform((value, context): T => {
    const isSet = value !== null && value !== undefined && !isUnset(value);
    return isSet ? readAs(kind, value, context) : fallback;
  });
}

/** A field that an empty text leaves unset. */
export function textField<T>(kind: ValueKind<T>, fallback: T) {
  return field(kind, fallback, (value) => value === '');
}

/** A field or an entry that must be there. */
export function required<T>(kind: ValueKind<T>) {
  return anything.transform((value, context): T => readAs(kind, value, context));
}

/** A map of known fields; any other field is refused. */
export function group<Shape extends z.ZodRawShape>(shape: Shape) {
  return nullIs({}, z.strictObject(shape).readonly());
}

/** A list, empty when it is not set. */
export function listOf<Entry extends z.ZodType>(entry: Entry) {
  return nullIs([], z.array(entry).readonly());
}

/** A schema that takes null and absence for what is empty. */
export function nullIs<Schema extends z.ZodType>(empty: unknown, schema: Schema) {
  return z.preprocess((value) => value ?? empty, schema);
}

// --- internal ---

function readAs<T>(kind: ValueKind<T>, value: unknown, context: z.core.$RefinementCtx): T {
  const parsed = kind.read(value);
  if (parsed !== undefined) return parsed;
  context.issues.push({ code: 'custom', message: kind.expected, input: value });
  return z.NEVER;
}
