import type {
  CommandBodies,
  FlushBodies,
  ListBodies,
  ReferenceBodies,
  ResetBodies,
} from '../../../../rules/nftables-json/index.ts';
import { POD, type Samples } from './sample.ts';

const table = { family: 'ip', name: 'shop' } as const;
const member = { family: 'ip', table: 'shop', name: 'thing' } as const;
const byHandle = { family: 'ip', table: 'shop', handle: 7 } as const;
const rule = { family: 'ip', table: 'shop', chain: 'entry', expr: [{ drop: null }] } as const;
const ruleReference = { family: 'ip', table: 'shop', chain: 'entry', handle: 7 } as const;
const elements = { ...member, elem: [POD] } as const;

/** Every verb; what they apply to is in the tables below. */
export const COMMANDS: Samples<Omit<CommandBodies, 'unknown'>> = {
  add: [
    { body: { table }, text: 'add table ip shop' },
    // What `nft -j -e` prints of a rule just added: its own handle, and no place.
    { body: { rule: { ...rule, handle: 7 } }, text: 'add rule ip shop entry drop' },
  ],
  create: [{ body: { chain: member }, text: 'create chain ip shop thing' }],
  insert: [
    { body: { rule }, text: 'insert rule ip shop entry drop' },
    { body: { rule: { ...rule, handle: 7 } }, text: 'insert rule ip shop entry handle 7 drop' },
    { body: { rule: { ...rule, index: 1 } }, text: 'insert rule ip shop entry index 1 drop' },
  ],
  replace: [
    { body: { rule: { ...rule, handle: 7 } }, text: 'replace rule ip shop entry handle 7 drop' },
  ],
  delete: [{ body: { table }, text: 'delete table ip shop' }],
  destroy: [{ body: { chain: member }, text: 'destroy chain ip shop thing' }],
  flush: [{ body: { ruleset: null }, text: 'flush ruleset' }],
  list: [{ body: { table }, text: 'list table ip shop' }],
  reset: [{ body: { counters: null }, text: 'reset counters' }],
  rename: [
    {
      body: { chain: { ...member, newname: 'other' } },
      text: 'rename chain ip shop thing other',
    },
  ],
  metainfo: [
    {
      body: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 },
      text: '',
    },
  ],
};

/** What `delete` and `destroy` apply to. */
export const REFERENCES: Samples<ReferenceBodies> = {
  table: [
    { body: table, text: 'table ip shop' },
    { body: { family: 'ip', handle: 7 }, text: 'table ip handle 7' },
  ],
  rule: [{ body: ruleReference, text: 'rule ip shop entry handle 7' }],
  element: [{ body: elements, text: `element ip shop thing { ${POD} }` }],
  chain: [
    { body: member, text: 'chain ip shop thing' },
    { body: byHandle, text: 'chain ip shop handle 7' },
  ],
  set: [{ body: member, text: 'set ip shop thing' }],
  map: [{ body: member, text: 'map ip shop thing' }],
  flowtable: [{ body: byHandle, text: 'flowtable ip shop handle 7' }],
  counter: [{ body: member, text: 'counter ip shop thing' }],
  quota: [{ body: member, text: 'quota ip shop thing' }],
  limit: [{ body: member, text: 'limit ip shop thing' }],
  'ct helper': [{ body: member, text: 'ct helper ip shop thing' }],
  'ct timeout': [{ body: member, text: 'ct timeout ip shop thing' }],
  'ct expectation': [{ body: member, text: 'ct expectation ip shop thing' }],
  secmark: [{ body: member, text: 'secmark ip shop thing' }],
  synproxy: [{ body: member, text: 'synproxy ip shop thing' }],
};

/** What `flush` applies to. */
export const FLUSHED: Samples<FlushBodies> = {
  ruleset: [
    { body: null, text: 'ruleset' },
    { body: { family: 'ip' }, text: 'ruleset ip' },
  ],
  table: [{ body: table, text: 'table ip shop' }],
  chain: [{ body: member, text: 'chain ip shop thing' }],
  set: [{ body: member, text: 'set ip shop thing' }],
  map: [{ body: member, text: 'map ip shop thing' }],
  meter: [{ body: member, text: 'meter ip shop thing' }],
};

/** What `list` applies to. */
export const LISTED: Samples<ListBodies> = {
  ruleset: [{ body: { family: 'ip' }, text: 'ruleset ip' }],
  tables: [{ body: null, text: 'tables' }],
  chains: [{ body: { family: 'ip6' }, text: 'chains ip6' }],
  sets: [{ body: { family: 'ip', table: 'shop' }, text: 'sets table ip shop' }],
  maps: [{ body: null, text: 'maps' }],
  meters: [{ body: null, text: 'meters' }],
  flowtables: [{ body: null, text: 'flowtables' }],
  counters: [{ body: null, text: 'counters' }],
  quotas: [{ body: null, text: 'quotas' }],
  limits: [{ body: null, text: 'limits' }],
  'ct helpers': [{ body: { family: 'ip', table: 'shop' }, text: 'ct helpers table ip shop' }],
  secmarks: [{ body: null, text: 'secmarks' }],
  table: [{ body: table, text: 'table ip shop' }],
  chain: [{ body: member, text: 'chain ip shop thing' }],
  set: [{ body: member, text: 'set ip shop thing' }],
  map: [{ body: member, text: 'map ip shop thing' }],
  meter: [{ body: member, text: 'meter ip shop thing' }],
  flowtable: [{ body: member, text: 'flowtable ip shop thing' }],
  counter: [{ body: member, text: 'counter ip shop thing' }],
  quota: [{ body: member, text: 'quota ip shop thing' }],
  limit: [{ body: member, text: 'limit ip shop thing' }],
  'ct helper': [{ body: member, text: 'ct helper ip shop thing' }],
  'ct timeout': [{ body: member, text: 'ct timeout ip shop thing' }],
  'ct expectation': [{ body: member, text: 'ct expectation ip shop thing' }],
  secmark: [{ body: member, text: 'secmark ip shop thing' }],
  synproxy: [{ body: member, text: 'synproxy ip shop thing' }],
};

/** What `reset` applies to. */
export const RESET: Samples<ResetBodies> = {
  counter: [{ body: member, text: 'counter ip shop thing' }],
  counters: [{ body: { family: 'ip', table: 'shop' }, text: 'counters table ip shop' }],
  quota: [{ body: member, text: 'quota ip shop thing' }],
  quotas: [{ body: { family: 'ip' }, text: 'quotas ip' }],
  rule: [{ body: ruleReference, text: 'rule ip shop entry handle 7' }],
  rules: [{ body: null, text: 'rules' }],
  set: [{ body: member, text: 'set ip shop thing' }],
  map: [{ body: member, text: 'map ip shop thing' }],
  element: [{ body: elements, text: `element ip shop thing { ${POD} }` }],
};
