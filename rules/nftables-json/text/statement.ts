/** Statements as nft text. */
import { NftJsonError, shown } from '../error.ts';
import type { Expression } from '../expression.ts';
import type { StateStatement } from '../state.ts';
import type {
  Forward,
  Log,
  MapUpdate,
  Match,
  Meter,
  ObjectRef,
  Queue,
  Reject,
  SetUpdate,
  Statement,
  StatementBodies,
  SynproxyOptions,
} from '../statement.ts';
import {
  ADDRESS_FAMILIES,
  LOG_FLAGS,
  LOG_LEVELS,
  MATCH_OPERATORS,
  QUEUE_FLAGS,
  REJECT_TYPES,
  SET_OPERATIONS,
  SYNPROXY_FLAGS,
} from '../words.ts';
import { flags, identifier, mask, natural, oneOf, quoted, reference, word } from './atoms.ts';
import { isOperation, renderDevices, renderExpression, renderLookup } from './expression.ts';
import { renderNat, renderPortNat, renderTproxy } from './nat.ts';
import {
  renderConnectionCount,
  renderCounter,
  renderLast,
  renderLimit,
  renderQuota,
  renderState,
} from './state.ts';

/** One statement of a rule. */
export function renderStatement(statement: Statement): string {
  if ('match' in statement) return renderMatch(statement.match);
  if ('vmap' in statement) return renderLookup('vmap', statement.vmap);
  if ('goto' in statement) return `goto ${identifier(statement.goto.target)}`;
  if ('jump' in statement) return `jump ${identifier(statement.jump.target)}`;
  if ('accept' in statement) return 'accept';
  if ('drop' in statement) return 'drop';
  if ('continue' in statement) return 'continue';
  if ('return' in statement) return 'return';
  if ('mangle' in statement) return renderMangle(statement.mangle);
  if ('dnat' in statement) return renderNat('dnat', statement.dnat);
  if ('snat' in statement) return renderNat('snat', statement.snat);
  if ('masquerade' in statement) return renderPortNat('masquerade', statement.masquerade);
  if ('redirect' in statement) return renderPortNat('redirect', statement.redirect);
  if ('reject' in statement) return renderReject(statement.reject);
  if ('set' in statement) return renderSetUpdate(statement.set);
  if ('map' in statement) return renderMapUpdate(statement.map);
  if ('counter' in statement) return renderCounterStatement(statement.counter);
  if ('limit' in statement) return renderLimitStatement(statement.limit);
  if ('quota' in statement) return renderQuotaStatement(statement.quota);
  if ('last' in statement) return renderLast(statement.last);
  if ('ct count' in statement) return renderConnectionCount(statement['ct count']);
  if ('log' in statement) return renderLog(statement.log);
  if ('notrack' in statement) return 'notrack';
  if ('ct helper' in statement) return `ct helper set ${renderRef(statement['ct helper'])}`;
  if ('ct timeout' in statement) return `ct timeout set ${renderRef(statement['ct timeout'])}`;
  if ('ct expectation' in statement) {
    return `ct expectation set ${renderRef(statement['ct expectation'])}`;
  }
  if ('secmark' in statement) return `meta secmark set ${renderRef(statement.secmark)}`;
  if ('flow' in statement) return `flow add ${reference(statement.flow.flowtable)}`;
  if ('fwd' in statement) return renderForward(statement.fwd);
  if ('dup' in statement) return renderDuplicate(statement.dup);
  if ('queue' in statement) return renderQueue(statement.queue);
  if ('tproxy' in statement) return renderTproxy(statement.tproxy);
  if ('synproxy' in statement) return renderSynproxy(statement.synproxy);
  if ('reset' in statement) return `reset ${renderExpression(statement.reset)}`;
  if ('meter' in statement) return renderMeter(statement.meter);
  if ('xt' in statement) {
    throw new NftJsonError(
      'there is no text for xt statements: change this rule with iptables-nft',
    );
  }
  throw new NftJsonError(`there is no text for the unknown statement ${shown(statement.unknown)}`);
}

// --- internal ---

function renderMatch({ op, left, right }: Match): string {
  const operator = oneOf(MATCH_OPERATORS, op);
  const isImplicit = operator === 'in' || (operator === '==' && !isBitmask(left));
  return `${renderExpression(left)} ${isImplicit ? '' : `${operator} `}${renderValues(left, right)}`;
}

function renderValues(left: Expression, right: Expression): string {
  if (isDevice(left)) return renderDevices(right);
  return typeof right === 'number' && isOperation(left) ? mask(right) : renderExpression(right);
}

/**
 * Whether leaving out `==` would change the meaning: of sets of flags, nft then asks whether any
 * of the bits is set. What is left of an operation has lost its type, and reads better with it.
 */
function isBitmask(left: Expression): boolean {
  if (typeof left !== 'object') return false;
  if ('ct' in left) return ['state', 'status', 'label', 'event'].includes(left.ct.key);
  if ('payload' in left) return 'field' in left.payload && left.payload.field === 'flags';
  return isOperation(left);
}

function isDevice(left: Expression): boolean {
  if (typeof left !== 'object') return false;
  if ('fib' in left) return left.fib.result === 'oifname';
  return 'meta' in left && DEVICE_KEYS.has(left.meta.key);
}

const DEVICE_KEYS: ReadonlySet<string> = new Set([
  'iif',
  'iifname',
  'oif',
  'oifname',
  'sdif',
  'sdifname',
  'ibriport',
  'ibrname',
  'obriport',
  'obrname',
]);

function renderMangle({ key, value }: StatementBodies['mangle']): string {
  return `${renderExpression(key)} set ${renderExpression(value)}`;
}

function renderReject(reject: Reject | null): string {
  if (reject?.type === undefined) return 'reject';
  const type = oneOf(REJECT_TYPES, reject.type);
  if (type === 'tcp reset') return `reject with ${type}`;
  if (reject.expr === undefined) throw new NftJsonError(`"reject with ${type}" needs an ICMP code`);
  // nft takes no quotes here.
  const code = typeof reject.expr === 'string' ? word(reject.expr) : renderExpression(reject.expr);
  return `reject with ${type} ${code}`;
}

function renderSetUpdate({ op, elem, set, stmt }: SetUpdate): string {
  const element = `${renderExpression(elem)}${renderStates(stmt)}`;
  return `${oneOf(SET_OPERATIONS, op)} ${reference(set)} { ${element} }`;
}

function renderMapUpdate({ op, elem, data, map, stmt }: MapUpdate): string {
  const element = `${renderExpression(elem)}${renderStates(stmt)} : ${renderExpression(data)}`;
  return `${oneOf(SET_OPERATIONS, op)} ${reference(map)} { ${element} }`;
}

function renderStates(statements: readonly StateStatement[] = []): string {
  return statements.map((statement) => ` ${renderState(statement)}`).join('');
}

function renderCounterStatement(counter: StatementBodies['counter']): string {
  if (counter === null) return renderCounter(counter);
  if (typeof counter === 'object' && 'packets' in counter) return renderCounter(counter);
  return `counter name ${renderRef(counter)}`;
}

function renderLimitStatement(limit: StatementBodies['limit']): string {
  if (typeof limit === 'object' && 'rate' in limit) return renderLimit(limit);
  return `limit name ${renderRef(limit)}`;
}

function renderQuotaStatement(quota: StatementBodies['quota']): string {
  if (typeof quota === 'object' && 'val' in quota) return renderQuota(quota);
  return `quota name ${renderRef(quota)}`;
}

function renderRef(object: ObjectRef): string {
  return typeof object === 'string' ? `"${identifier(object)}"` : renderExpression(object);
}

function renderLog(log: Log | null): string {
  let text = 'log';
  if (log?.prefix !== undefined) text += ` prefix ${quoted(log.prefix, MAX_LOG_PREFIX_BYTES)}`;
  if (log?.group !== undefined) text += ` group ${natural(log.group)}`;
  if (log?.snaplen !== undefined) text += ` snaplen ${natural(log.snaplen)}`;
  if (log?.['queue-threshold'] !== undefined) {
    text += ` queue-threshold ${natural(log['queue-threshold'])}`;
  }
  if (log?.level !== undefined) text += ` level ${oneOf(LOG_LEVELS, log.level)}`;
  for (const flag of log?.flags ?? []) text += ` flags ${oneOf(LOG_FLAGS, flag)}`;
  return text;
}

/** NF_LOG_PREFIXLEN is 128 with the NUL. */
const MAX_LOG_PREFIX_BYTES = 127;

function renderForward({ dev, family, addr }: Forward): string {
  if (family === undefined || addr === undefined) return `fwd to ${renderDevices(dev)}`;
  const to = `${oneOf(ADDRESS_FAMILIES, family)} to ${renderExpression(addr)}`;
  return `fwd ${to} device ${renderDevices(dev)}`;
}

function renderDuplicate({ addr, dev }: StatementBodies['dup']): string {
  const to = `dup to ${renderExpression(addr)}`;
  return dev === undefined ? to : `${to} device ${renderDevices(dev)}`;
}

function renderQueue(queue: Queue | null): string {
  const flagged = queue?.flags === undefined ? '' : ` flags ${flags(QUEUE_FLAGS, queue.flags)}`;
  const to = queue?.num === undefined ? '' : ` to ${renderExpression(queue.num)}`;
  return `queue${flagged}${to}`;
}

function renderSynproxy(synproxy: StatementBodies['synproxy']): string {
  if (synproxy === null) return 'synproxy';
  if (typeof synproxy !== 'object' || !isSynproxyOptions(synproxy)) {
    return `synproxy name ${renderRef(synproxy)}`;
  }
  let text = 'synproxy';
  if (synproxy.mss !== undefined) text += ` mss ${natural(synproxy.mss)}`;
  if (synproxy.wscale !== undefined) text += ` wscale ${natural(synproxy.wscale)}`;
  for (const flag of synproxy.flags ?? []) text += ` ${oneOf(SYNPROXY_FLAGS, flag)}`;
  return text;
}

function isSynproxyOptions(synproxy: object): synproxy is SynproxyOptions {
  return 'mss' in synproxy || 'wscale' in synproxy || 'flags' in synproxy;
}

function renderMeter({ name, key, stmt, size }: Meter): string {
  const sized = size === undefined ? '' : ` size ${natural(size)}`;
  return `meter ${identifier(name)}${sized} { ${renderExpression(key)} ${renderState(stmt)} }`;
}
