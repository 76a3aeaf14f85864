/** Named things as nft text: what follows `add` or `create`. */
import { NftJsonError, shown } from '../error.ts';
import type { StateStatement } from '../state.ts';
import type {
  Chain,
  CtExpectation,
  CtHelper,
  CtTimeout,
  DataType,
  Elements,
  Flowtable,
  NamedCounter,
  NamedLimit,
  NamedMap,
  NamedQuota,
  NamedSet,
  NamedSynproxy,
  NftObject,
  Rule,
  Table,
  TableMember,
} from '../object.ts';
import {
  CHAIN_POLICIES,
  CHAIN_TYPES,
  FAMILIES,
  HOOKS,
  OBJECT_MAP_TYPES,
  SET_FLAGS,
  SET_POLICIES,
  SYNPROXY_FLAGS,
  TABLE_FLAGS,
} from '../words.ts';
import {
  comment,
  deviceName,
  flags,
  identifier,
  integer,
  natural,
  oneOf,
  quoted,
  word,
} from './atoms.ts';
import { renderElements, renderExpression } from './expression.ts';
import { renderCounts, renderRate, renderState } from './state.ts';
import { renderStatement } from './statement.ts';

/** `chain ip filter input { type filter hook input priority 0; policy accept; }` */
export function renderObject(object: NftObject): string {
  if ('element' in object) return renderElementsOf(object.element);
  if ('rule' in object) return renderRule(object.rule);
  if ('chain' in object) return renderMember('chain', object.chain, chainParts(object.chain));
  if ('set' in object) return renderMember('set', object.set, setParts(object.set));
  if ('map' in object) return renderMember('map', object.map, setParts(object.map));
  if ('table' in object) return renderTable(object.table);
  if ('counter' in object)
    return renderMember('counter', object.counter, counterParts(object.counter));
  if ('quota' in object) return renderMember('quota', object.quota, quotaParts(object.quota));
  if ('limit' in object) return renderMember('limit', object.limit, limitParts(object.limit));
  if ('flowtable' in object) {
    return renderMember('flowtable', object.flowtable, flowtableParts(object.flowtable));
  }
  if ('synproxy' in object) {
    return renderMember('synproxy', object.synproxy, synproxyParts(object.synproxy));
  }
  if ('secmark' in object) {
    return renderMember('secmark', object.secmark, [quoted(object.secmark.context)]);
  }
  if ('ct helper' in object) {
    return renderMember('ct helper', object['ct helper'], helperParts(object['ct helper']));
  }
  if ('ct timeout' in object) {
    return renderMember('ct timeout', object['ct timeout'], timeoutParts(object['ct timeout']));
  }
  if ('ct expectation' in object) {
    const expectation = object['ct expectation'];
    return renderMember('ct expectation', expectation, expectationParts(expectation));
  }
  throw new NftJsonError(`there is no text for the unknown object ${shown(object)}`);
}

/** `element ip filter blocked { 10.0.0.1, 10.0.0.2 }` */
export function renderElementsOf({ family, table, name, elem }: Elements): string {
  return `element ${renderName({ family, table, name })} ${renderElements(elem)}`;
}

/** `rule ip filter input ...`, standing where `place` (`index 2`, `handle 5`) says. */
export function renderRule(rule: Rule, place = rulePlace(rule)): string {
  const words = rule.expr.map(renderStatement);
  if (place !== '') words.unshift(place);
  if (rule.comment !== undefined) words.push(comment(rule.comment));
  return `rule ${renderName({ ...rule, name: rule.chain })} ${words.join(' ')}`;
}

/** `ip filter input` */
export function renderName({
  family,
  table,
  name,
}: Pick<TableMember, 'family' | 'table' | 'name'>) {
  return `${oneOf(FAMILIES, family)} ${identifier(table)} ${identifier(name)}`;
}

// --- internal ---

function rulePlace({ index }: Rule): string {
  return index === undefined ? '' : `index ${natural(index)}`;
}

function renderTable({ family, name, comment: note, flags: flagWords = [] }: Table): string {
  const parts: string[] = [];
  if (flagWords.length > 0) parts.push(`flags ${flags(TABLE_FLAGS, flagWords)}`);
  if (note !== undefined) parts.push(comment(note));
  return `table ${oneOf(FAMILIES, family)} ${identifier(name)}${renderBlock(parts)}`;
}

function renderMember(kind: string, member: TableMember, parts: string[]): string {
  if (member.comment !== undefined) parts.push(comment(member.comment));
  return `${kind} ${renderName(member)}${renderBlock(parts)}`;
}

function renderBlock(parts: readonly string[]): string {
  return parts.length === 0 ? '' : ` { ${parts.join('; ')}; }`;
}

function chainParts({ type, hook, prio, dev, policy }: Chain): string[] {
  if (type === undefined || hook === undefined || prio === undefined) return [];
  const devices = dev === undefined ? '' : ` ${renderDevices(dev)}`;
  const hooked = `hook ${oneOf(HOOKS, hook)}${devices} priority ${integer(prio)}`;
  const parts = [`type ${oneOf(CHAIN_TYPES, type)} ${hooked}`];
  if (policy !== undefined) parts.push(`policy ${oneOf(CHAIN_POLICIES, policy)}`);
  return parts;
}

function renderDevices(dev: string | readonly string[]): string {
  const names = typeof dev === 'string' ? [dev] : dev;
  return `devices = { ${names.map(deviceName).join(', ')} }`;
}

function setParts(set: NamedSet | NamedMap): string[] {
  const parts = [renderTypes(set.type, 'map' in set ? set.map : undefined)];
  if (set.flags !== undefined && set.flags.length > 0) {
    parts.push(`flags ${flags(SET_FLAGS, set.flags)}`);
  }
  if (set.timeout !== undefined) parts.push(`timeout ${natural(set.timeout)}s`);
  if (set['gc-interval'] !== undefined) parts.push(`gc-interval ${natural(set['gc-interval'])}s`);
  if (set.size !== undefined) parts.push(`size ${natural(set.size)}`);
  if (set.policy !== undefined) parts.push(`policy ${oneOf(SET_POLICIES, set.policy)}`);
  if (set['auto-merge'] === true) parts.push('auto-merge');
  if (set.stmt !== undefined && set.stmt.length > 0) parts.push(renderStates(set.stmt));
  if (set.elem !== undefined && set.elem.length > 0) {
    parts.push(`elements = ${renderElements(set.elem)}`);
  }
  return parts;
}

function renderStates(statements: readonly StateStatement[]): string {
  return statements.map(renderState).join(' ');
}

/** The types of keys, and of a map's values: nft's text has both by name or both by `typeof`. */
function renderTypes(key: DataType, data: DataType | undefined): string {
  if (data === undefined) return `${typeKeyword(key)} ${renderType(key)}`;
  const isNeutral = typeof data === 'string' && OBJECT_MAP_TYPES.some((type) => type === data);
  if (!isNeutral && typeKeyword(key) !== typeKeyword(data)) {
    throw new NftJsonError(
      'nft text cannot mix "type" and "typeof" in one map: ' +
        `give keys (${shown(key)}) and values (${shown(data)}) the same way`,
    );
  }
  return `${typeKeyword(key)} ${renderType(key)} : ${isNeutral ? data : renderType(data)}`;
}

function typeKeyword(type: DataType): 'type' | 'typeof' {
  return typeof type === 'object' && 'typeof' in type ? 'typeof' : 'type';
}

function renderType(type: DataType): string {
  if (typeof type === 'string') return word(type);
  if ('typeof' in type) return renderExpression(type.typeof);
  return type.map(word).join(' . ');
}

function counterParts({ packets, bytes }: NamedCounter): string[] {
  return packets === undefined || bytes === undefined ? [] : [renderCounts({ packets, bytes })];
}

function quotaParts({ bytes, used = 0, inv }: NamedQuota): string[] {
  const limit = `${inv === true ? 'over ' : ''}${natural(bytes)} bytes`;
  return [used === 0 ? limit : `${limit} used ${natural(used)} bytes`];
}

function limitParts(limit: NamedLimit): string[] {
  return [renderRate(limit)];
}

function flowtableParts({ hook, prio, dev }: Flowtable): string[] {
  const parts: string[] = [];
  if (hook !== undefined && prio !== undefined) {
    parts.push(`hook ${oneOf(HOOKS, hook)} priority ${integer(prio)}`);
  }
  if (dev !== undefined) parts.push(renderDevices(dev));
  return parts;
}

function synproxyParts({ mss, wscale, flags: flagWords = [] }: NamedSynproxy): string[] {
  const parts = [`mss ${natural(mss)}`, `wscale ${natural(wscale)}`];
  const options = flagWords.map((flag) => oneOf(SYNPROXY_FLAGS, flag));
  return options.length === 0 ? parts : [...parts, options.join(' ')];
}

function helperParts({ type, protocol, l3proto }: CtHelper): string[] {
  return [`type "${word(type)}" protocol ${renderProtocol(protocol)}`, ...familyParts(l3proto)];
}

function timeoutParts({ protocol, l3proto, policy }: CtTimeout): string[] {
  const parts = [`protocol ${renderProtocol(protocol)}`, ...familyParts(l3proto)];
  const states = Object.entries(policy ?? {});
  if (states.length === 0) return parts;
  const seconds = states.map(([state, timeout]) => `${word(state)} : ${natural(timeout)}`);
  return [...parts, `policy = { ${seconds.join(', ')} }`];
}

function expectationParts(expectation: CtExpectation): string[] {
  return [
    `protocol ${renderProtocol(expectation.protocol)}`,
    `dport ${natural(expectation.dport)}`,
    `timeout ${natural(expectation.timeout)}ms`,
    `size ${natural(expectation.size)}`,
    ...familyParts(expectation.l3proto),
  ];
}

function renderProtocol(protocol: string | number): string {
  if (typeof protocol === 'string') return word(protocol);
  throw new NftJsonError(`nft text has only names for protocols here, got ${shown(protocol)}`);
}

function familyParts(l3proto: CtHelper['l3proto']): string[] {
  return l3proto === undefined ? [] : [`l3proto ${oneOf(FAMILIES, l3proto)}`];
}
