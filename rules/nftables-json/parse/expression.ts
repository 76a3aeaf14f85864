/** Expressions and elements from JSON. */
import type {
  Element,
  Expression,
  ExpressionBodies,
  MapLookup,
  ObjectExpression,
  VerdictBodies,
} from '../expression.ts';
import { oneOfKinds } from './kind.ts';
import {
  arrayOf,
  at,
  integer,
  listOf,
  nothing,
  orNull,
  shape,
  string,
  wanted,
  type Reader,
  type Readers,
} from './reader.ts';
import { selectors } from './selector.ts';
import { counterState } from './state.ts';

/** Any expression; what this module does not know becomes `{ unknown }`. */
export function expression(value: unknown): Expression {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return integer(value);
  if (Array.isArray(value)) return expressions(value);
  if (typeof value === 'object' && value !== null) return readObject(value);
  throw wanted('an expression', value);
}

/** One entry of a set, or `[key, value]` of a map. */
export function element(value: unknown): Element {
  if (!Array.isArray(value)) return entry(value);
  if (value.length !== 2) throw wanted('[key, value]', value);
  return [at(0, expression, value[0]), at(1, expression, value[1])];
}

/** The elements of a set or map: an array, one alone, or (in events) wrapped in `set`. */
export const elements: Reader<readonly Element[]> = (value) => {
  const isWrapped = typeof value === 'object' && value !== null && 'set' in value;
  return isWrapped ? at('set', elementList, value.set) : elementList(value);
};

/** A lookup in a map or verdict map. */
export const mapLookup: Reader<MapLookup> = shape({ key: expression, data: expression });

/** Verdicts are expressions as well as statements. */
export const verdicts: Readers<VerdictBodies> = {
  accept: nothing,
  drop: nothing,
  continue: nothing,
  return: nothing,
  jump: shape({ target: string }),
  goto: shape({ target: string }),
};

// --- internal ---

const expressions = arrayOf(expression);
const elementList = listOf(element);

function entry(value: unknown): Exclude<Expression, readonly Expression[]> {
  // Arrays were told apart by the caller, and nothing else reads as a list.
  return expression(value) as Exclude<Expression, readonly Expression[]>;
}

const range: Reader<readonly [Expression, Expression]> = (value) => {
  const [from, to, ...rest] = expressions(value);
  if (from === undefined || to === undefined || rest.length > 0) throw wanted('[from, to]', value);
  return [from, to];
};

const bodies: Readers<Omit<ExpressionBodies, 'unknown'>> = {
  ...verdicts,
  ...selectors,
  jhash: shape({ expr: expression, mod: integer }, { seed: integer, offset: integer }),
  concat: expressions,
  prefix: shape({ addr: expression, len: integer }),
  range,
  set: elementList,
  map: mapLookup,
  elem: shape(
    { val: expression },
    { timeout: integer, expires: integer, comment: string, counter: orNull(counterState) },
  ),
  '|': expressions,
  '&': expressions,
  '^': expressions,
  '<<': expressions,
  '>>': expressions,
};

const readObject: Reader<ObjectExpression> = oneOfKinds(bodies);
