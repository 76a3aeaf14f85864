/** Expressions as nft text. */
import { NftJsonError, shown } from '../error.ts';
import type {
  AnnotatedElement,
  ConnectionField,
  Element,
  Expression,
  ExpressionBodies,
  ExtensionHeader,
  HeaderField,
  Ipsec,
  JenkinsHash,
  MapLookup,
  Mapping,
  NamedPayload,
  ObjectExpression,
  RawPayload,
  RawTcpOption,
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
import {
  comment,
  deviceName,
  identifier,
  mask,
  natural,
  oneOf,
  reference,
  value,
  word,
} from './atoms.ts';
import { renderCounter } from './state.ts';

/** An expression, wherever it stands. */
export function renderExpression(expression: Expression): string {
  if (typeof expression === 'string') return renderString(expression);
  if (typeof expression === 'number') return natural(expression);
  if (typeof expression === 'boolean') return expression ? 'exists' : 'missing';
  if (isList(expression)) return expression.map(renderExpression).join(',');
  return renderObject(expression);
}

/** The elements of a set or map, in braces. */
export function renderElements(elements: readonly Element[]): string {
  return `{ ${elements.map(renderElement).join(', ')} }`;
}

/** The values that a device's name is compared with, or the device to send to: names are quoted. */
export function renderDevices(expression: Expression): string {
  if (typeof expression === 'string' && !expression.startsWith('@')) return deviceName(expression);
  if (typeof expression === 'object' && 'set' in expression) {
    return `{ ${expression.set.map(renderDevices).join(', ')} }`;
  }
  return renderExpression(expression);
}

/** A lookup in a map (`map`) or verdict map (`vmap`). */
export function renderLookup(kind: 'map' | 'vmap', { key, data }: MapLookup): string {
  return `${renderExpression(key)} ${kind} ${renderExpression(data)}`;
}

/** Whether the expression computes with bits. */
export function isOperation(expression: Expression): boolean {
  if (typeof expression !== 'object') return false;
  return BINARY_OPERATORS.some((operator) => operator in expression);
}

// --- internal ---

const BINARY_OPERATORS = ['|', '&', '^', '<<', '>>'] as const;

// `Array.isArray` alone does not narrow readonly arrays.
function isList(expression: Expression): expression is readonly Expression[] {
  return Array.isArray(expression);
}

function isMapping(element: Element): element is Mapping {
  return Array.isArray(element);
}

function renderString(text: string): string {
  if (text === '*') return text;
  return text.startsWith('@') ? reference(text) : value(text);
}

function renderElement(element: Element): string {
  if (!isMapping(element)) return renderExpression(element);
  const [key, data] = element;
  return `${renderExpression(key)} : ${renderExpression(data)}`;
}

function renderObject(expression: ObjectExpression): string {
  // The kinds that elements are made of come first: sets have hundreds of thousands of them.
  if ('concat' in expression) return expression.concat.map(renderExpression).join(' . ');
  if ('elem' in expression) return renderAnnotated(expression.elem);
  if ('goto' in expression) return `goto ${identifier(expression.goto.target)}`;
  if ('jump' in expression) return `jump ${identifier(expression.jump.target)}`;
  if ('accept' in expression) return 'accept';
  if ('drop' in expression) return 'drop';
  if ('continue' in expression) return 'continue';
  if ('return' in expression) return 'return';
  if ('prefix' in expression) {
    return `${renderExpression(expression.prefix.addr)}/${natural(expression.prefix.len)}`;
  }
  if ('range' in expression) return expression.range.map(renderExpression).join('-');
  if ('payload' in expression) return renderPayload(expression.payload);
  if ('meta' in expression) return renderMeta(expression.meta);
  if ('ct' in expression) return renderConnection(expression.ct);
  if ('fib' in expression) return renderFib(expression.fib);
  if ('numgen' in expression) return renderNumgen(expression.numgen);
  if ('jhash' in expression) return renderJenkinsHash(expression.jhash);
  if ('symhash' in expression) {
    const { mod, offset } = expression.symhash;
    return `symhash mod ${natural(mod)}${renderOffset(offset)}`;
  }
  if ('set' in expression) return renderElements(expression.set);
  if ('map' in expression) return renderLookup('map', expression.map);
  if ('|' in expression) return renderOperation('|', expression['|']);
  if ('&' in expression) return renderOperation('&', expression['&']);
  if ('^' in expression) return renderOperation('^', expression['^']);
  if ('<<' in expression) return renderOperation('<<', expression['<<']);
  if ('>>' in expression) return renderOperation('>>', expression['>>']);
  return renderRare(expression);
}

type RareExpression = Extract<
  ObjectExpression,
  | { exthdr: unknown }
  | { 'tcp option': unknown }
  | { 'ip option': unknown }
  | { 'sctp chunk': unknown }
  | { 'dccp option': unknown }
  | { rt: unknown }
  | { socket: unknown }
  | { osf: unknown }
  | { ipsec: unknown }
  | { unknown: unknown }
>;

function renderRare(expression: RareExpression): string {
  if ('exthdr' in expression) return renderExtensionHeader(expression.exthdr);
  if ('tcp option' in expression) return `tcp option ${renderTcpOption(expression['tcp option'])}`;
  if ('ip option' in expression) return `ip option ${renderField(expression['ip option'])}`;
  if ('sctp chunk' in expression) return `sctp chunk ${renderField(expression['sctp chunk'])}`;
  if ('dccp option' in expression) return `dccp option ${natural(expression['dccp option'].type)}`;
  if ('rt' in expression) {
    const { key, family } = expression.rt;
    return `rt ${renderFamily(family)}${oneOf(RT_KEYS, key)}`;
  }
  if ('socket' in expression) return `socket ${oneOf(SOCKET_KEYS, expression.socket.key)}`;
  if ('osf' in expression) {
    const { key, ttl } = expression.osf;
    return `osf ${ttl === undefined ? '' : `ttl ${oneOf(OSF_TTLS, ttl)} `}${oneOf(OSF_KEYS, key)}`;
  }
  if ('ipsec' in expression) return renderIpsec(expression.ipsec);
  throw new NftJsonError(`there is no text for the unknown expression ${shown(expression)}`);
}

/** nft wants what an element counts before how long it lives. */
function renderAnnotated({ val, counter, timeout, expires, comment: note }: AnnotatedElement) {
  let text = renderExpression(val);
  if (counter !== undefined) text += ` ${renderCounter(counter)}`;
  if (timeout !== undefined) text += ` timeout ${natural(timeout)}s`;
  if (expires !== undefined) text += ` expires ${natural(expires)}s`;
  if (note !== undefined) text += ` ${comment(note)}`;
  return text;
}

function renderPayload(payload: NamedPayload | RawPayload): string {
  if ('base' in payload) {
    const base = oneOf(PAYLOAD_BASES, payload.base);
    return `@${base},${natural(payload.offset)},${natural(payload.len)}`;
  }
  const tunnel = payload.tunnel === undefined ? '' : `${word(payload.tunnel)} `;
  return `${tunnel}${word(payload.protocol)} ${word(payload.field)}`;
}

function renderMeta({ key }: ExpressionBodies['meta']): string {
  const name = oneOf(META_KEYS, key);
  // As nft lists them, and as people write them.
  return name === 'iif' || name === 'oif' || name === 'iifname' || name === 'oifname'
    ? name
    : `meta ${name}`;
}

function renderConnection({ key, dir, family }: ConnectionField): string {
  const direction = dir === undefined ? '' : `${oneOf(CT_DIRECTIONS, dir)} `;
  return `ct ${direction}${renderFamily(family)}${oneOf(CT_KEYS, key)}`;
}

function renderFib({ result, flags }: ExpressionBodies['fib']): string {
  const selectors = flags.map((flag) => oneOf(FIB_FLAGS, flag)).join(' . ');
  return `fib ${selectors} ${oneOf(FIB_RESULTS, result)}`;
}

function renderNumgen({ mode, mod, offset }: ExpressionBodies['numgen']): string {
  return `numgen ${oneOf(NUMGEN_MODES, mode)} mod ${natural(mod)}${renderOffset(offset)}`;
}

function renderJenkinsHash({ expr, mod, seed, offset }: JenkinsHash): string {
  const seedText = seed === undefined ? '' : ` seed ${natural(seed)}`;
  return `jhash ${renderExpression(expr)} mod ${natural(mod)}${seedText}${renderOffset(offset)}`;
}

function renderOffset(offset = 0): string {
  return offset === 0 ? '' : ` offset ${natural(offset)}`;
}

function renderOperation(operator: string, operands: readonly Expression[]): string {
  if (operands.length < 2) {
    throw new NftJsonError(`"${operator}" needs two operands, got ${shown(operands)}`);
  }
  return operands.map(renderOperand).join(` ${operator} `);
}

/** Brackets make precedence plain. A list among operands means all of its flags. */
function renderOperand(operand: Expression): string {
  if (typeof operand === 'number') return mask(operand);
  if (typeof operand !== 'object') return renderExpression(operand);
  if (isList(operand)) return `(${operand.map(renderOperand).join(' | ')})`;
  return isOperation(operand) ? `(${renderObject(operand)})` : renderObject(operand);
}

function renderExtensionHeader(header: ExtensionHeader): string {
  // Without a field nft wants the keyword: `exthdr frag exists`.
  if (header.field === undefined) return `exthdr ${word(header.name)}`;
  const index = header.offset === undefined ? '' : `[${natural(header.offset)}]`;
  return `${renderField(header)}${index}`;
}

function renderTcpOption(option: HeaderField | RawTcpOption): string {
  if ('name' in option) return renderField(option);
  return `@${natural(option.base)},${natural(option.offset)},${natural(option.len)}`;
}

function renderField({ name, field }: HeaderField): string {
  return field === undefined ? word(name) : `${word(name)} ${word(field)}`;
}

function renderIpsec({ key, dir, family, spnum }: Ipsec): string {
  const number = spnum === undefined ? '' : `spnum ${natural(spnum)} `;
  return `ipsec ${oneOf(IPSEC_DIRECTIONS, dir)} ${number}${renderFamily(family)}${oneOf(IPSEC_KEYS, key)}`;
}

function renderFamily(family: ConnectionField['family']): string {
  return family === undefined ? '' : `${oneOf(ADDRESS_FAMILIES, family)} `;
}
