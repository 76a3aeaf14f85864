/** Commands as nft text, for `nft -f`. */
import type {
  ByHandle,
  ByName,
  Command,
  CommandBodies,
  Flushable,
  Listable,
  ObjectReference,
  Resettable,
  RuleReference,
  Scope,
  TableByHandle,
  TableByName,
} from '../command.ts';
import { NftJsonError, shown } from '../error.ts';
import type { Elements, Rule } from '../object.ts';
import { FAMILIES, MEMBER_KINDS, PLURALS } from '../words.ts';
import { identifier, natural, oneOf } from './atoms.ts';
import { renderElementsOf, renderName, renderObject, renderRule } from './object.ts';

/**
 * One command as one line without its end. A bare object, as listings have it, becomes `add`; a
 * listing's metainfo becomes the empty string. Throws NftJsonError, naming the command's object, for
 * a name or value that nft could not read or would read as something else, and for what is unknown.
 */
export function renderCommand(command: Command): string {
  try {
    return renderVerb(command);
  } catch (error) {
    if (!(error instanceof NftJsonError)) throw error;
    throw new NftJsonError(error.problem, describe(command));
  }
}

/** Commands as a file for `nft -f`: one a line, in the given order, which nft applies all or none of. */
export function renderRuleset(commands: Iterable<Command>): string {
  let text = '';
  for (const command of commands) {
    const line = renderCommand(command);
    if (line !== '') text += `${line}\n`;
  }
  return text;
}

// --- internal ---

function renderVerb(command: Command): string {
  if ('add' in command) return `add ${renderObject(command.add)}`;
  if ('delete' in command) return `delete ${renderTarget(command.delete)}`;
  if ('destroy' in command) return `destroy ${renderTarget(command.destroy)}`;
  if ('create' in command) return `create ${renderObject(command.create)}`;
  if ('insert' in command) return `insert ${renderInserted(command.insert.rule)}`;
  if ('replace' in command) return `replace ${renderReplacement(command.replace.rule)}`;
  if ('flush' in command) return `flush ${renderTarget(command.flush)}`;
  if ('list' in command) return `list ${renderTarget(command.list)}`;
  if ('reset' in command) return `reset ${renderTarget(command.reset)}`;
  if ('rename' in command) {
    const { chain } = command.rename;
    return `rename chain ${renderName(chain)} ${identifier(chain.newname)}`;
  }
  if ('metainfo' in command) return '';
  if ('unknown' in command) {
    throw new NftJsonError(`there is no text for the unknown command ${shown(command.unknown)}`);
  }
  return `add ${renderObject(command)}`;
}

function renderInserted(rule: Rule): string {
  if (rule.handle === undefined) return renderRule(rule);
  return renderRule(rule, `handle ${natural(rule.handle)}`);
}

function renderReplacement(rule: CommandBodies['replace']['rule']): string {
  return renderRule(rule, `handle ${natural(rule.handle)}`);
}

/** What a command is about: something named or numbered, a scope, or everything of a kind. */
function renderTarget(target: Target): string {
  for (const [kind, body] of Object.entries<TargetBody>(target)) {
    const noun = oneOf<string>(TARGET_KINDS, kind);
    if (body === null) return noun;
    if ('elem' in body) return renderElementsOf(body);
    if ('chain' in body) {
      return `${noun} ${renderName({ ...body, name: body.chain })} ${renderHandle(body)}`;
    }
    if ('name' in body || 'handle' in body) return `${noun} ${renderNameOrHandle(body)}`;
    return `${noun}${renderScope(body)}`;
  }
  throw new NftJsonError('expected something to work on, got nothing');
}

type Target = ObjectReference | Flushable | Listable | Resettable;

type TargetBody =
  Elements | RuleReference | ByName | ByHandle | TableByName | TableByHandle | Scope | null;

const TARGET_KINDS: readonly string[] = [
  ...MEMBER_KINDS,
  ...PLURALS,
  'table',
  'rule',
  'rules',
  'element',
  'meter',
];

function renderNameOrHandle(body: ByName | ByHandle | TableByName | TableByHandle): string {
  const family = oneOf(FAMILIES, body.family);
  const table = 'table' in body ? `${identifier(body.table)} ` : '';
  return `${family} ${table}${'name' in body ? identifier(body.name) : renderHandle(body)}`;
}

function renderHandle({ handle }: { readonly handle: number }): string {
  return `handle ${natural(handle)}`;
}

function renderScope({ family, table }: Scope): string {
  if (family === undefined) return '';
  const familyWord = oneOf(FAMILIES, family);
  return table === undefined ? ` ${familyWord}` : ` table ${familyWord} ${identifier(table)}`;
}

/** `add chain ip filter input`: the command's words without its content, safe to print. */
function describe(command: Command): string {
  const [[verb, target] = ['', undefined]] = entriesOf(command);
  return VERBS.has(verb) ? `${verb} ${describeObject(target)}` : describeObject(command);
}

function describeObject(object: unknown): string {
  const [[kind, body] = ['', undefined]] = entriesOf(object);
  const fields = new Map(entriesOf(body));
  const names = NAME_KEYS.filter((key) => fields.has(key)).map((key) => printable(fields.get(key)));
  return [kind, ...names].join(' ');
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** A name as it is if it is harmless, else as JSON. */
function printable(name: unknown): string {
  return typeof name === 'string' && /^[\w./-]+$/.test(name) ? name : shown(name);
}

const VERBS: ReadonlySet<string> = new Set([
  'add',
  'create',
  'insert',
  'replace',
  'delete',
  'destroy',
  'flush',
  'list',
  'reset',
  'rename',
]);

const NAME_KEYS = ['family', 'table', 'chain', 'name'] as const;
