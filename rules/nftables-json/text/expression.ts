/** Expressions as nft text. */
import { NftJsonError, shown } from '../error.ts';
import type {
  AnnotatedElement,
  Element,
  Expression,
  JenkinsHash,
  MapLookup,
  Mapping,
  ObjectExpression,
} from '../expression.ts';
import { comment, deviceName, identifier, mask, natural, reference, value } from './atoms.ts';
import { renderOffset, renderSelector } from './selector.ts';
import { renderCounter } from './state.ts';

/** An expression, wherever it stands. */
export function renderExpression(expression: Expression): string {
  if (typeof expression === 'string') return renderString(expression);
  if (typeof expression === 'number') return natural(expression);
  if (typeof expression === 'boolean') return expression ? 'exists' : 'missing';
  if (isList(expression)) return renderParts(expression, ',');
  return renderObject(expression);
}

/** The elements of a set or map, in braces. */
export function renderElements(elements: readonly Element[]): string {
  if (elements.length === 0) throw new NftJsonError('nft text needs at least one element');
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

function renderParts(parts: readonly Expression[], separator: string): string {
  if (parts.length === 0) throw new NftJsonError('expected a list with something in it');
  return parts.map(renderExpression).join(separator);
}

function renderElement(element: Element): string {
  if (!isMapping(element)) return renderExpression(element);
  const [key, data] = element;
  return `${renderExpression(key)} : ${renderExpression(data)}`;
}

function renderObject(expression: ObjectExpression): string {
  // The kinds that elements are made of come first: sets have hundreds of thousands of them.
  if ('concat' in expression) return renderParts(expression.concat, ' . ');
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
  if ('jhash' in expression) return renderJenkinsHash(expression.jhash);
  if ('set' in expression) return renderElements(expression.set);
  if ('map' in expression) return renderLookup('map', expression.map);
  if ('|' in expression) return renderOperation('|', expression['|']);
  if ('&' in expression) return renderOperation('&', expression['&']);
  if ('^' in expression) return renderOperation('^', expression['^']);
  if ('<<' in expression) return renderOperation('<<', expression['<<']);
  if ('>>' in expression) return renderOperation('>>', expression['>>']);
  if ('unknown' in expression) {
    throw new NftJsonError(
      `there is no text for the unknown expression ${shown(expression.unknown)}`,
    );
  }
  return renderSelector(expression);
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

function renderJenkinsHash({ expr, mod, seed, offset }: JenkinsHash): string {
  const seedText = seed === undefined ? '' : ` seed ${natural(seed)}`;
  return `jhash ${renderExpression(expr)} mod ${natural(mod)}${seedText}${renderOffset(offset)}`;
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
