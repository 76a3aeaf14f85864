/** Named things from JSON. Properties that this module does not know are left out. */
import type { DataType, ObjectBodies } from '../object.ts';
import {
  CHAIN_POLICIES,
  CHAIN_TYPES,
  FAMILIES,
  HOOKS,
  SET_FLAGS,
  SET_POLICIES,
  SYNPROXY_FLAGS,
  TABLE_FLAGS,
} from '../words.ts';
import { elements, expression } from './expression.ts';
import {
  arrayOf,
  boolean,
  integer,
  listOf,
  object,
  oneOf,
  openShape,
  orNull,
  string,
  type Reader,
  type Readers,
} from './reader.ts';
import { rateFields, rateOptions, stateStatement } from './state.ts';
import { statement } from './statement.ts';

const family = oneOf(FAMILIES);

/** What every member of a table has. */
const member = { family, table: string, name: string };
const memberOptions = { handle: integer, comment: string };

const devices: Reader<string | readonly string[]> = (value) =>
  typeof value === 'string' ? value : arrayOf(string)(value);

const dataType: Reader<DataType> = (value) => {
  if (typeof value === 'string') return value.includes(' . ') ? value.split(' . ') : value;
  if (Array.isArray(value)) return arrayOf(string)(value);
  return openShape({ typeof: expression })(object(value));
};

const setOptions = {
  ...memberOptions,
  policy: oneOf(SET_POLICIES),
  flags: listOf(oneOf(SET_FLAGS)),
  elem: elements,
  timeout: integer,
  'gc-interval': integer,
  size: integer,
  'auto-merge': boolean,
  stmt: listOf(stateStatement),
};

/** The protocol of a conntrack object: a name, or a number where the system has no name for it. */
const protocol: Reader<string | number> = (value) =>
  typeof value === 'number' ? integer(value) : string(value);

const conntrackOptions = { ...memberOptions, l3proto: oneOf(['ip', 'ip6', 'inet']) };

const timeouts: Reader<Readonly<Record<string, number>> | null> = orNull((value) =>
  Object.fromEntries(
    Object.entries(object(value)).map(([state, seconds]) => [state, integer(seconds)]),
  ),
);

/** Readers of all kinds of objects. */
export const objectBodies: Readers<ObjectBodies> = {
  table: openShape(
    { family, name: string },
    { handle: integer, comment: string, flags: listOf(oneOf(TABLE_FLAGS)) },
  ),
  chain: openShape(member, {
    ...memberOptions,
    type: oneOf(CHAIN_TYPES),
    hook: oneOf(HOOKS),
    prio: integer,
    policy: oneOf(CHAIN_POLICIES),
    dev: devices,
  }),
  rule: openShape(
    { family, table: string, chain: string, expr: arrayOf(statement) },
    { handle: integer, index: integer, comment: string },
  ),
  set: openShape({ ...member, type: dataType }, setOptions),
  map: openShape({ ...member, type: dataType, map: dataType }, setOptions),
  element: openShape({ ...member, elem: elements }),
  flowtable: openShape(member, {
    ...memberOptions,
    hook: oneOf(HOOKS),
    prio: integer,
    dev: devices,
  }),
  counter: openShape(member, { ...memberOptions, packets: integer, bytes: integer }),
  quota: openShape(
    { ...member, bytes: integer },
    { ...memberOptions, used: integer, inv: boolean },
  ),
  limit: openShape({ ...member, ...rateFields }, { ...memberOptions, ...rateOptions }),
  'ct helper': openShape({ ...member, type: string, protocol }, conntrackOptions),
  'ct timeout': openShape({ ...member, protocol }, { ...conntrackOptions, policy: timeouts }),
  'ct expectation': openShape(
    { ...member, protocol, dport: integer, timeout: integer, size: integer },
    conntrackOptions,
  ),
  secmark: openShape({ ...member, context: string }, memberOptions),
  synproxy: openShape(
    { ...member, mss: integer, wscale: integer },
    { ...memberOptions, flags: listOf(oneOf(SYNPROXY_FLAGS)) },
  ),
};
