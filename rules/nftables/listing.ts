/**
 * What nft lists of our table, in the terms that we plan in: the inverse of commands.ts.
 */
import type { Element as TableElement } from '../diff/element.ts';
import type {
  AnnotatedElement,
  Element as ListedElement,
  Expression,
} from '../nftables-json/index.ts';
import type { Protocol } from '../services/types.ts';
import type { AffinityEntry } from './affinity.ts';
import { RULES_PREFIX, SHAPE_PREFIX } from './identity.ts';
import {
  AFFINITY,
  concatText,
  PROTOCOL_POSITIONS,
  SHARED_CHAINS,
  type Collection,
} from './names.ts';
import { parseSharedChainName } from './shared-chains.ts';

/** What the names of a table's chains say. */
export interface ListedChains {
  readonly shapeId: string | undefined;
  readonly rulesId: string | undefined;
  /** As elements of SHARED_CHAINS, by name. */
  readonly shared: ReadonlyMap<string, TableElement>;
}

/** An element of our table that we could not have written: somebody else was there. */
export class ForeignElementError extends Error {
  override readonly name = 'ForeignElementError';
}

/** Sorts a table's chains by their names; chains that are neither marker nor shared are left out. */
export function readChains(names: readonly string[]): ListedChains {
  const shared = names.filter((name) => parseSharedChainName(name) !== undefined);
  return {
    shapeId: markerIn(names, SHAPE_PREFIX),
    rulesId: markerIn(names, RULES_PREFIX),
    shared: new Map(
      shared.map((key) => [key, { collection: SHARED_CHAINS, key, value: '', comment: '' }]),
    ),
  };
}

/** A set's or map's elements by key. Throws a ForeignElementError for one that is not of our kind. */
export function readElements(
  collection: Collection,
  listed: readonly ListedElement[],
): Map<string, TableElement> {
  const position = PROTOCOL_POSITIONS[collection];
  const elements = new Map<string, TableElement>();
  for (const item of listed) {
    const [left, right] = isMapping(item) ? item : [item, undefined];
    const annotated = annotationOf(left);
    const key = concatText(...partsOf(annotated.val, position));
    const value = right === undefined ? '' : valueText(right);
    elements.set(key, { collection, key, value, comment: annotated.comment ?? '' });
  }
  return elements;
}

/** The affinity set's entries. Throws a ForeignElementError for one that is not of our rules' kind. */
export function readAffinityEntries(listed: readonly ListedElement[]): AffinityEntry[] {
  return listed.map((item) => {
    const { val, timeout = 0, expires = 0 } = annotationOf(isMapping(item) ? item[0] : item);
    const parts = partsOf(val, PROTOCOL_POSITIONS[AFFINITY]);
    const [client, address, protocol, port, slot] = parts;
    if (client === undefined || address === undefined || slot === undefined) {
      throw new ForeignElementError(`not an affinity entry: ${concatText(...parts)}`);
    }
    return {
      client,
      address,
      protocolAndPort: concatText(protocol ?? '', port ?? ''),
      slot: Number(slot),
      timeoutSeconds: timeout,
      expiresSeconds: expires,
    };
  });
}

// --- internal ---

/** nft prints numbers for protocols on a machine without /etc/protocols, as in small containers. */
const PROTOCOL_NAMES: Readonly<Record<string, Protocol>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' };

function markerIn(names: readonly string[], prefix: string): string | undefined {
  return names.find((name) => name.startsWith(prefix))?.slice(prefix.length);
}

function isMapping(item: ListedElement): item is readonly [Expression, Expression] {
  return Array.isArray(item);
}

function annotationOf(expression: Expression): AnnotatedElement {
  return typeof expression === 'object' && 'elem' in expression
    ? expression.elem
    : { val: expression };
}

function partsOf(expression: Expression, protocolPosition: number | undefined): string[] {
  const parts: readonly Expression[] = isConcat(expression) ? expression.concat : [expression];
  return parts.map((part, position) => {
    const text = partText(part);
    return position === protocolPosition ? (PROTOCOL_NAMES[text] ?? text) : text;
  });
}

function isConcat(expression: Expression): expression is { concat: readonly Expression[] } {
  return typeof expression === 'object' && !Array.isArray(expression) && 'concat' in expression;
}

function partText(part: Expression): string {
  if (typeof part === 'string') return part;
  if (typeof part === 'number') return String(part);
  if (typeof part === 'object' && 'prefix' in part) {
    return `${partText(part.prefix.addr)}/${part.prefix.len}`;
  }
  throw new ForeignElementError(`not a part of one of our keys: ${JSON.stringify(part)}`);
}

function valueText(value: Expression): string {
  if (typeof value === 'object') {
    if ('goto' in value) return `goto ${value.goto.target}`;
    if ('drop' in value) return 'drop';
  }
  return concatText(...partsOf(value, undefined));
}
