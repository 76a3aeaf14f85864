/**
 * A transaction as nft commands: the typed form that text, JSON and (one day) netlink messages are
 * made from.
 */
import type { Element as TableElement, ElementChange } from '../diff/element.ts';
import type { IpFamily } from '../ip.ts';
import {
  concat,
  type AnnotatedElement,
  type Command,
  type Element,
  type Expression,
} from '../nftables-json/index.ts';
import { affinityKey, type AffinityEdit } from './affinity.ts';
import { fixedRules, type ChainRules, type RuleDraft } from './fixed-rules.ts';
import { RULES_PREFIX, rulesId, SHAPE_PREFIX, shapeId } from './identity.ts';
import { BASE_CHAINS, layoutCommands } from './layout.ts';
import { AFFINITY, nftFamily, TABLE } from './names.ts';
import { parseSharedChainName } from './shared-chains.ts';
import { sharedChainRules } from './shared-rules.ts';
import type { Transaction } from './transaction.ts';

/** Commands that belong together: where a batch is split, it is split between steps. */
export interface Step {
  readonly commands: readonly Command[];
  /** The changes that these commands make, in the order of the elements they name; else empty. */
  readonly changes: readonly ElementChange[];
}

/**
 * The steps of a transaction, garbage excluded. `elementsPerCommand` trades speed (many) for a
 * kernel's error that names the element at fault (one); `edits` are the affinity entries to move.
 */
export function* transactionSteps(
  transaction: Transaction,
  edits: readonly AffinityEdit[],
  elementsPerCommand: number,
): Generator<Step> {
  const { family } = transaction;
  for (const commands of structure(transaction)) yield { commands, changes: [] };
  for (const changes of batches(transaction.changes, elementsPerCommand)) {
    yield { commands: changeCommands(family, changes), changes };
  }
  if (edits.length > 0) yield { commands: affinityCommands(family, edits), changes: [] };
}

/** The commands that delete a transaction's garbage: emptied first, so that their order is free. */
export function garbageCommands({ family, garbage }: Transaction): Command[] {
  return [
    ...garbage.map((name): Command => ({ flush: { chain: inTable(family, name) } })),
    ...garbage.map((name): Command => ({ delete: { chain: inTable(family, name) } })),
  ];
}

// --- internal ---

function* structure(transaction: Transaction): Generator<Command[]> {
  const { family, settings, table, newChains } = transaction;
  if (table === 'create' || table === 'replace') {
    // Added, deleted and added again: right whether or not there is a table, and whatever is in it.
    const name = { family: nftFamily(family), name: TABLE };
    yield [
      { add: { table: name } },
      { delete: { table: name } },
      ...layoutCommands(family),
      addChain(family, SHAPE_PREFIX + shapeId(family), SHAPE_COMMENT),
    ];
  }
  if (table !== 'keep') yield fixedRuleCommands(family, fixedRules(family, settings), table);
  if (table !== 'keep') yield ruleMarker(transaction);
  if (newChains.length > 0) yield sharedChainCommands(family, newChains);
}

const SHAPE_COMMENT = 'what this table is made of: a table with another id is replaced';
const RULES_COMMENT = 'which settings the fixed rules were made from';

/** Everything at once, flushed first: packets meet the old rules or the new ones, nothing between. */
function fixedRuleCommands(
  family: IpFamily,
  chains: readonly ChainRules[],
  step: Transaction['table'],
): Command[] {
  const base = new Set(BASE_CHAINS.map(({ name }) => name));
  const added = chains
    .filter(({ chain }) => !base.has(chain))
    .map(({ chain }) => addChain(family, chain));
  const flushed =
    step === 'refill'
      ? chains.map(({ chain }): Command => ({ flush: { chain: inTable(family, chain) } }))
      : [];
  const rules = chains.flatMap(({ chain, rules }) =>
    rules.map((rule) => addRule(family, chain, rule)),
  );
  return [...added, ...flushed, ...rules];
}

function ruleMarker({ family, settings, table, oldRulesId }: Transaction): Command[] {
  const id = rulesId(family, settings);
  const remove: Command[] =
    table === 'refill' && oldRulesId !== undefined
      ? [{ delete: { chain: inTable(family, RULES_PREFIX + oldRulesId) } }]
      : [];
  return [...remove, addChain(family, RULES_PREFIX + id, RULES_COMMENT)];
}

function sharedChainCommands(family: IpFamily, names: readonly string[]): Command[] {
  const chains = names.map((name) => addChain(family, name));
  const rules = names.flatMap((name) => {
    const chain = parseSharedChainName(name);
    if (chain === undefined) throw new Error(`not the name of a shared chain: ${name}`);
    return sharedChainRules(family, chain).map((rule) => addRule(family, name, rule));
  });
  return [...chains, ...rules];
}

/** Runs of changes of one collection and one kind, of a limited length. */
function* batches(changes: readonly ElementChange[], limit: number): Generator<ElementChange[]> {
  let batch: ElementChange[] = [];
  for (const change of changes) {
    const [first] = batch;
    if (first !== undefined && (batch.length >= limit || !sameKind(first, change))) {
      yield batch;
      batch = [];
    }
    batch.push(change);
  }
  if (batch.length > 0) yield batch;
}

function sameKind(a: ElementChange, b: ElementChange): boolean {
  return (
    a.collection === b.collection &&
    (a.before === undefined) === (b.before === undefined) &&
    (a.after === undefined) === (b.after === undefined)
  );
}

/** A replaced element is deleted and added: `add` alone fails where another value stands. */
function changeCommands(family: IpFamily, changes: readonly ElementChange[]): Command[] {
  const collection = changes[0]?.collection ?? '';
  const removed = changes.flatMap(({ before }) =>
    before === undefined ? [] : [keyOf(before.key)],
  );
  const added = changes.flatMap(({ after }) => (after === undefined ? [] : [elementOf(after)]));
  const commands: Command[] = [];
  if (removed.length > 0) {
    commands.push({ delete: { element: { ...inTable(family, collection), elem: removed } } });
  }
  if (added.length > 0) {
    commands.push({ add: { element: { ...inTable(family, collection), elem: added } } });
  }
  return commands;
}

function affinityCommands(family: IpFamily, edits: readonly AffinityEdit[]): Command[] {
  const name = inTable(family, AFFINITY);
  const removed = edits.map(({ entry }) => keyOf(affinityKey(entry)));
  const added = edits.flatMap(({ entry, movedTo }): Element[] => {
    if (movedTo === undefined) return [];
    const { timeoutSeconds: timeout, expiresSeconds: expires } = entry;
    return [{ elem: { val: keyOf(affinityKey(entry, movedTo)), timeout, expires } }];
  });
  const commands: Command[] = [{ delete: { element: { ...name, elem: removed } } }];
  if (added.length > 0) commands.push({ add: { element: { ...name, elem: added } } });
  return commands;
}

function elementOf({ key, value, comment }: TableElement): Element {
  const annotated: AnnotatedElement = { val: keyOf(key), comment };
  const left = comment === '' ? keyOf(key) : { elem: annotated };
  return value === '' ? left : [left, valueOf(value)];
}

/** `10.96.0.10 . tcp . 80` as an expression. */
function keyOf(text: string): Exclude<Expression, readonly Expression[]> {
  const parts = text.split(' . ');
  return parts.length === 1 ? partOf(text) : concat(...parts.map(partOf));
}

function partOf(text: string): Exclude<Expression, readonly Expression[]> {
  if (/^\d+$/.test(text)) return Number(text);
  const slash = text.indexOf('/');
  if (slash < 0) return text;
  return { prefix: { addr: text.slice(0, slash), len: Number(text.slice(slash + 1)) } };
}

function valueOf(text: string): Expression {
  if (text === 'drop') return { drop: null };
  if (text.startsWith('goto ')) return { goto: { target: text.slice('goto '.length) } };
  return keyOf(text);
}

function addChain(family: IpFamily, name: string, comment?: string): Command {
  const chain = inTable(family, name);
  return { add: { chain: comment === undefined ? chain : { ...chain, comment } } };
}

function addRule(family: IpFamily, chain: string, rule: RuleDraft): Command {
  return { add: { rule: { family: nftFamily(family), table: TABLE, chain, ...rule } } };
}

function inTable(
  family: IpFamily,
  name: string,
): { family: 'ip' | 'ip6'; table: string; name: string } {
  return { family: nftFamily(family), table: TABLE, name };
}
