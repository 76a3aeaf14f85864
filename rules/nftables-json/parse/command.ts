/** Commands and whole rulesets from JSON. */
import type {
  ByHandle,
  ByName,
  Command,
  CommandBodies,
  ListBodies,
  ReferenceBodies,
  ResetBodies,
  Ruleset,
  Scope,
  TableByHandle,
  TableByName,
} from '../command.ts';
import { NftJsonError } from '../error.ts';
import type { OneOf } from '../one-of.ts';
import { FAMILIES, MEMBER_KINDS, PLURALS } from '../words.ts';
import { oneOfKinds } from './kind.ts';
import { objectBodies } from './object.ts';
import {
  arrayOf,
  integer,
  object,
  oneOf,
  openShape,
  orNull,
  shape,
  string,
  UnfamiliarJson,
  type Reader,
  type Readers,
} from './reader.ts';

/**
 * Reads what `nft -j list ...` prints, as text or already parsed, and commands in the same form.
 * Statements, expressions and objects that this module does not know come back as `{ unknown }`;
 * everything else that does not fit throws NftJsonError with its JSON path.
 */
export function parseRuleset(json: unknown): Ruleset {
  return ruleset(typeof json === 'string' ? parseJson(json) : json);
}

// --- internal ---

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NftJsonError(`this is not JSON: ${String(error)}`);
  }
}

const family = oneOf(FAMILIES);

const tableByName: Reader<TableByName> = openShape({ family, name: string });
const tableByHandle: Reader<TableByHandle> = openShape({ family, handle: integer });
const byName: Reader<ByName> = openShape({ family, table: string, name: string });
const byHandle: Reader<ByHandle> = openShape({ family, table: string, handle: integer });

const ruleReference = openShape({ family, table: string, chain: string, handle: integer });
const scope: Reader<Scope | null> = orNull(shape({}, { family, table: string }));

const references: Readers<ReferenceBodies> = {
  ...all(MEMBER_KINDS, (value) => ('name' in object(value) ? byName(value) : byHandle(value))),
  table: (value) => ('name' in object(value) ? tableByName(value) : tableByHandle(value)),
  rule: ruleReference,
  element: objectBodies.element,
};

const listed: Readers<ListBodies> = {
  ...all(MEMBER_KINDS, byName),
  ...all(PLURALS, scope),
  table: tableByName,
  meter: byName,
};

const newObject = known(objectBodies);
const reference = known(references);

const verbs: Readers<Omit<CommandBodies, 'unknown'>> = {
  add: newObject,
  create: newObject,
  insert: shape({ rule: objectBodies.rule }),
  replace: shape({
    rule: (value) => ({ ...objectBodies.rule(value), handle: ruleReference(value).handle }),
  }),
  delete: reference,
  destroy: reference,
  flush: known({
    ruleset: scope,
    table: tableByName,
    chain: byName,
    set: byName,
    map: byName,
    meter: byName,
  }),
  list: known(listed),
  reset: known<ResetBodies>({
    counter: byName,
    counters: scope,
    quota: byName,
    quotas: scope,
    rule: ruleReference,
    rules: scope,
    set: byName,
    map: byName,
    element: objectBodies.element,
  }),
  rename: shape({
    chain: openShape({ family, table: string, name: string, newname: string }),
  }),
  metainfo: openShape({ version: string, release_name: string, json_schema_version: integer }),
};

const command: Reader<Command> = oneOfKinds({ ...verbs, ...objectBodies });

const ruleset: Reader<Ruleset> = openShape({ nftables: arrayOf(command) });

/** The same reader for each of these kinds. */
function all<Kind extends string, T>(
  kinds: readonly Kind[],
  read: Reader<T>,
): Readers<Readonly<Record<Kind, T>>> {
  return Object.fromEntries(kinds.map((kind) => [kind, read])) as Readers<Record<Kind, T>>;
}

/** What a verb applies to. A kind that this module does not know makes the whole command unknown. */
function known<Bodies extends object>(bodies: Readers<Bodies>): Reader<OneOf<Bodies>> {
  const read = oneOfKinds(bodies);
  return (value) => {
    const result = read(value);
    if ('unknown' in result) throw new UnfamiliarJson('there is no such object');
    return result;
  };
}
