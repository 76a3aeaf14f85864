/** Statements from JSON. */
import type { Expression } from '../expression.ts';
import type { Statement, StatementBodies, SynproxyOptions } from '../statement.ts';
import {
  ADDRESS_FAMILIES,
  LOG_FLAGS,
  LOG_LEVELS,
  MATCH_OPERATORS,
  NAT_FLAGS,
  NAT_TYPE_FLAGS,
  QUEUE_FLAGS,
  REJECT_TYPES,
  SET_OPERATIONS,
  SYNPROXY_FLAGS,
} from '../words.ts';
import { expression, mapLookup, verdicts } from './expression.ts';
import { oneOfKinds } from './kind.ts';
import {
  anything,
  arrayOf,
  integer,
  listOf,
  nothing,
  oneOf,
  orNull,
  shape,
  string,
  type Reader,
  type Readers,
} from './reader.ts';
import { connectionCount, counterState, last, quotaState, rate, stateStatement } from './state.ts';

/** Any statement; what this module does not know becomes `{ unknown }`. */
export const statement: Reader<Statement> = (value) =>
  // The text of a statement of which this nft has no JSON.
  typeof value === 'string' ? { unknown: value } : readObject(value);

// --- internal ---

/** One form of a statement where its property is there, else a reference to a named object. */
function withProperty<T>(property: string, read: Reader<T>): Reader<T | Expression> {
  return (value) => (hasProperty(value, property) ? read(value) : expression(value));
}

function hasProperty(value: unknown, property: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, property);
}

const addressFamily = oneOf(ADDRESS_FAMILIES);
const natFlags = listOf(oneOf(NAT_FLAGS));

const nat = orNull(
  shape(
    {},
    {
      family: addressFamily,
      addr: expression,
      port: expression,
      flags: natFlags,
      type_flags: listOf(oneOf(NAT_TYPE_FLAGS)),
    },
  ),
);

const portNat = orNull(shape({}, { port: expression, flags: natFlags }));

const synproxyOptions: Reader<SynproxyOptions> = shape(
  {},
  { mss: integer, wscale: integer, flags: listOf(oneOf(SYNPROXY_FLAGS)) },
);

const synproxy: Reader<StatementBodies['synproxy']> = orNull((value) => {
  const isOptions = ['mss', 'wscale', 'flags'].some((property) => hasProperty(value, property));
  return isOptions ? synproxyOptions(value) : expression(value);
});

const bodies: Readers<Omit<StatementBodies, 'unknown'>> = {
  ...verdicts,
  match: shape({ op: oneOf(MATCH_OPERATORS), left: expression, right: expression }),
  vmap: mapLookup,
  mangle: shape({ key: expression, value: expression }),
  set: shape(
    { op: oneOf(SET_OPERATIONS), elem: expression, set: string },
    { stmt: arrayOf(stateStatement) },
  ),
  map: shape(
    { op: oneOf(SET_OPERATIONS), elem: expression, data: expression, map: string },
    { stmt: arrayOf(stateStatement) },
  ),
  snat: nat,
  dnat: nat,
  masquerade: portNat,
  redirect: portNat,
  reject: orNull(shape({}, { type: oneOf(REJECT_TYPES), expr: expression })),
  counter: orNull(withProperty('packets', counterState)),
  limit: withProperty('rate', rate),
  quota: withProperty('val', quotaState),
  last,
  'ct count': connectionCount,
  log: orNull(
    shape(
      {},
      {
        prefix: string,
        group: integer,
        snaplen: integer,
        'queue-threshold': integer,
        level: oneOf(LOG_LEVELS),
        flags: listOf(oneOf(LOG_FLAGS)),
      },
    ),
  ),
  notrack: nothing,
  flow: shape({ op: oneOf(['add'] as const), flowtable: string }),
  fwd: shape({ dev: expression }, { family: addressFamily, addr: expression }),
  dup: shape({ addr: expression }, { dev: expression }),
  queue: orNull(shape({}, { num: expression, flags: listOf(oneOf(QUEUE_FLAGS)) })),
  tproxy: shape({}, { family: addressFamily, addr: expression, port: expression }),
  synproxy,
  reset: expression,
  meter: shape({ name: string, key: expression, stmt: stateStatement }, { size: integer }),
  'ct helper': expression,
  'ct timeout': expression,
  'ct expectation': expression,
  secmark: expression,
  xt: anything,
};

const readObject: Reader<Statement> = oneOfKinds(bodies);
