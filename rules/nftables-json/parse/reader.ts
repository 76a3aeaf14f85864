/** The parts that JSON readers are put together from. */
import { NftJsonError, shown } from '../error.ts';

/** Checks one JSON value and returns it typed; throws NftJsonError with the path below this value. */
export type Reader<T> = (value: unknown) => T;

/** Readers by property; `T` is what they read together. */
export type Readers<T> = { readonly [Key in keyof T]: Reader<T[Key]> };

/** What readers by property read together. */
export type Read<Fields> = {
  [Key in keyof Fields]: Fields[Key] extends Reader<infer T> ? T : never;
};

/**
 * JSON of a newer nft: a property or word that this module has not heard of. Statements and
 * expressions that hold one are kept whole as unknown, not half understood.
 */
export class UnfamiliarJson extends NftJsonError {}

/** A string. */
export const string: Reader<string> = (value) => {
  if (typeof value !== 'string') throw wanted('a string', value);
  return value;
};

/** Counters above 2^53 have lost their last digits to JSON.parse already: they are let through. */
export const integer: Reader<number> = (value) => {
  if (!Number.isInteger(value)) throw wanted('a whole number', value);
  return value as number;
};

/** A boolean. */
export const boolean: Reader<boolean> = (value) => {
  if (typeof value !== 'boolean') throw wanted('true or false', value);
  return value;
};

/** Null: what stands under a key that says everything. */
export const nothing: Reader<null> = (value) => {
  if (value !== null) throw wanted('null', value);
  return value;
};

/** Anything at all, as it is. */
export const anything: Reader<unknown> = (value) => value;

/** A word of a closed vocabulary. */
export function oneOf<Word extends string>(vocabulary: readonly Word[]): Reader<Word> {
  const words: ReadonlySet<unknown> = new Set(vocabulary);
  return (value) => {
    if (words.has(value)) return value as Word;
    if (typeof value !== 'string') throw wanted('a string', value);
    throw new UnfamiliarJson(`expected one of ${vocabulary.join(', ')}; got ${shown(value)}`);
  };
}

/** An array. */
export function arrayOf<T>(item: Reader<T>): Reader<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw wanted('an array', value);
    const items: T[] = [];
    for (let index = 0; index < value.length; index++) items.push(at(index, item, value[index]));
    return items;
  };
}

/** An array, or what would be its only item: nft prints either, depending on version and property. */
export function listOf<T>(item: Reader<T>): Reader<readonly T[]> {
  const array = arrayOf(item);
  return (value) => (Array.isArray(value) ? array(value) : [item(value)]);
}

/** The one reader where a value is null, else the other. */
export function orNull<T>(read: Reader<T>): Reader<T | null> {
  return (value) => (value === null ? null : read(value));
}

/** An object with these properties and no others. */
export function shape<Required extends Fields>(required: Required): Reader<Read<Required>>;
export function shape<Required extends Fields, Optional extends Fields>(
  required: Required,
  optional: Optional,
): Reader<Read<Required> & Partial<Read<Optional>>>;
export function shape(required: Fields, optional: Fields = {}): Reader<object> {
  const read = openShape(required, optional);
  return (value) => {
    for (const key of Object.keys(object(value))) {
      if (!Object.hasOwn(required, key) && !Object.hasOwn(optional, key)) {
        throw new UnfamiliarJson(`the property ${shown(key)} is not known here`);
      }
    }
    return read(value);
  };
}

/** An object with these properties; others are left out. */
export function openShape<Required extends Fields>(required: Required): Reader<Read<Required>>;
export function openShape<Required extends Fields, Optional extends Fields>(
  required: Required,
  optional: Optional,
): Reader<Read<Required> & Partial<Read<Optional>>>;
export function openShape(required: Fields, optional: Fields = {}): Reader<object> {
  const requiredFields = Object.entries(required);
  const optionalFields = Object.entries(optional);
  return (value) => {
    const source = object(value);
    const result: Record<string, unknown> = {};
    for (const [key, read] of requiredFields) {
      if (!Object.hasOwn(source, key)) throw new NftJsonError(`the property "${key}" is missing`);
      result[key] = at(key, read, source[key]);
    }
    for (const [key, read] of optionalFields) {
      if (Object.hasOwn(source, key)) result[key] = at(key, read, source[key]);
    }
    return result;
  };
}

/** A JSON object. */
export const object: Reader<Readonly<Record<string, unknown>>> = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wanted('an object', value);
  }
  return value as Readonly<Record<string, unknown>>;
};

/** Reads what stands under a key; an error from there is told where that was. */
export function at<T>(key: string | number, read: Reader<T>, value: unknown): T {
  try {
    return read(value);
  } catch (error) {
    if (!(error instanceof NftJsonError)) throw error;
    const where = joinPath(key, error.where);
    throw error instanceof UnfamiliarJson
      ? new UnfamiliarJson(error.problem, where)
      : new NftJsonError(error.problem, where);
  }
}

/** The error for a value of the wrong type. */
export function wanted(what: string, value: unknown): NftJsonError {
  return new NftJsonError(`expected ${what}, got ${shown(value)}`);
}

// --- internal ---

type Fields = Readonly<Record<string, Reader<unknown>>>;

/** `rule.expr[0].match`; keys that are not plain words in brackets: `["ct helper"]`. */
function joinPath(key: string | number, rest: string): string {
  const isWord = typeof key === 'string' && /^[\w-]+$/.test(key);
  const step = isWord ? key : `[${JSON.stringify(key)}]`;
  return rest === '' || rest.startsWith('[') ? `${step}${rest}` : `${step}.${rest}`;
}
