/**
 * YAML as values with positions. What a hostile text could make expensive is refused: aliases that
 * multiply, keys that are collections, nesting beyond the stack.
 */
import {
  Composer,
  isNode,
  isScalar,
  LineCounter,
  Parser,
  visit,
  type Document,
  type DocumentOptions,
  type ParseOptions,
  type SchemaOptions,
} from 'yaml';
import { quoted } from '../../rules/services/parse/quoted.ts';
import type { BrokenDocument, ManifestDocument } from './manifest-documents.ts';
import { messageOf } from './problems.ts';

/** Reads the documents in a text whose first line has this number; commonly it is one. Never throws. */
export function* readYaml(text: string, firstLine: number): Generator<ManifestDocument> {
  const counter = new LineCounter();
  const positionOf: PositionOf = (offset) => {
    const { line, col } = counter.linePos(offset);
    return { line: firstLine + line - 1, column: col };
  };
  const tokens = new Parser(counter.addNewLine).parse(text);
  // A text without any document still yields one, which carries the errors there may be.
  for (const document of new Composer(YAML_OPTIONS).compose(tokens, true, text.length)) {
    const read = readDocument(document, positionOf);
    if (read.kind === 'broken' || (read.value !== null && read.value !== undefined)) yield read;
  }
}

// --- internal ---

/** Merge keys as kubectl has them. Duplicate keys are found below: the library compares each with each. */
const YAML_OPTIONS: ParseOptions & DocumentOptions & SchemaOptions = {
  merge: true,
  uniqueKeys: false,
  stringKeys: true,
  prettyErrors: false,
  logLevel: 'error',
};

/** In one document. Enough for people, too few for a document that multiplies itself level by level. */
const MAX_ALIASES = 1000;

/** The line and column, both from 1, of an offset in the text. */
type PositionOf = (offset: number) => { readonly line: number; readonly column: number };

function readDocument(document: Document.Parsed, positionOf: PositionOf): ManifestDocument {
  const [error] = document.errors;
  if (error !== undefined) {
    const isTooDeep = error.code === 'RESOURCE_EXHAUSTION';
    return brokenAt(error.pos[0], isTooDeep ? TOO_DEEP : error.message, positionOf);
  }
  try {
    const fault = findFault(document);
    if (fault !== undefined) return brokenAt(fault.offset, fault.message, positionOf);
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { kind: 'intact', value, lineOf: (path) => positionOf(offsetOf(document, path)).line };
  } catch (thrown) {
    // Aliases that multiply or name no anchor, merges of what is no mapping.
    const message = thrown instanceof RangeError ? TOO_DEEP : messageOf(thrown);
    return brokenAt(offsetOf(document, []), message, positionOf);
  }
}

const TOO_DEEP = 'nested too deeply';

function brokenAt(offset: number, message: string, positionOf: PositionOf): BrokenDocument {
  const { line, column } = positionOf(offset);
  return { kind: 'broken', line, message: `invalid YAML at column ${column}: ${message}` };
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

/** What the library would let pass, or would take quadratic time to find. */
function findFault(document: Document.Parsed): Fault | undefined {
  let fault: Fault | undefined;
  let aliases = 0;
  visit(document, {
    Alias(_key, alias) {
      aliases++;
      if (aliases <= MAX_ALIASES) return undefined;
      const message = `expected at most ${MAX_ALIASES} aliases in a document, got more`;
      fault = { offset: alias.range?.[0] ?? 0, message };
      return visit.BREAK;
    },
    Map(_key, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const message = `the key ${quoted(String(key.value))} is there twice`;
          fault = { offset: key.range?.[0] ?? 0, message };
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return fault;
}

/** Where the node at the path begins, or its nearest ancestor that was written down. */
function offsetOf(document: Document.Parsed, path: readonly string[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return document.contents?.range[0] ?? document.range[0];
}
