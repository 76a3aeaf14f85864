/** Expressions and elements from JSON. */
import type {
  Element,
  Expression,
  ExpressionBodies,
  MapLookup,
  ObjectExpression,
  VerdictBodies,
} from '../expression.ts';
import {
  ADDRESS_FAMILIES,
  CT_DIRECTIONS,
  CT_KEYS,
  FIB_FLAGS,
  FIB_RESULTS,
  IPSEC_DIRECTIONS,
  IPSEC_KEYS,
  META_KEYS,
  NUMGEN_MODES,
  OSF_KEYS,
  OSF_TTLS,
  PAYLOAD_BASES,
  RT_KEYS,
  SOCKET_KEYS,
} from '../words.ts';
import { oneOfKinds } from './kind.ts';
import {
  arrayOf,
  at,
  integer,
  listOf,
  nothing,
  object,
  oneOf,
  orNull,
  shape,
  string,
  wanted,
  type Reader,
  type Readers,
} from './reader.ts';
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
const addressFamily = oneOf(ADDRESS_FAMILIES);
const headerField = shape({ name: string }, { field: string });

function entry(value: unknown): Exclude<Expression, readonly Expression[]> {
  // Arrays were told apart by the caller, and nothing else reads as a list.
  return expression(value) as Exclude<Expression, readonly Expression[]>;
}

const range: Reader<readonly [Expression, Expression]> = (value) => {
  const [from, to, ...rest] = expressions(value);
  if (from === undefined || to === undefined || rest.length > 0) throw wanted('[from, to]', value);
  return [from, to];
};

const rawPayload = shape({ base: oneOf(PAYLOAD_BASES), offset: integer, len: integer });
const namedPayload = shape({ protocol: string, field: string }, { tunnel: string });
const rawTcpOption = shape({ base: integer, offset: integer, len: integer });

const bodies: Readers<Omit<ExpressionBodies, 'unknown'>> = {
  ...verdicts,
  payload: (value) => ('base' in object(value) ? rawPayload(value) : namedPayload(value)),
  exthdr: shape({ name: string }, { field: string, offset: integer }),
  'tcp option': (value) => ('base' in object(value) ? rawTcpOption(value) : headerField(value)),
  'ip option': headerField,
  'sctp chunk': headerField,
  'dccp option': shape({ type: integer }),
  meta: shape({ key: oneOf(META_KEYS) }),
  ct: shape({ key: oneOf(CT_KEYS) }, { dir: oneOf(CT_DIRECTIONS), family: addressFamily }),
  rt: shape({ key: oneOf(RT_KEYS) }, { family: addressFamily }),
  socket: shape({ key: oneOf(SOCKET_KEYS) }),
  osf: shape({ key: oneOf(OSF_KEYS) }, { ttl: oneOf(OSF_TTLS) }),
  ipsec: shape(
    { key: oneOf(IPSEC_KEYS), dir: oneOf(IPSEC_DIRECTIONS) },
    { family: addressFamily, spnum: integer },
  ),
  fib: shape({ result: oneOf(FIB_RESULTS), flags: listOf(oneOf(FIB_FLAGS)) }),
  numgen: shape({ mode: oneOf(NUMGEN_MODES), mod: integer }, { offset: integer }),
  jhash: shape({ expr: expression, mod: integer }, { seed: integer, offset: integer }),
  symhash: shape({ mod: integer }, { offset: integer }),
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
