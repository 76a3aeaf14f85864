/**
 * A YAML or JSON file as plain data that knows the line of each of its fields.
 */
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type ParsedNode,
} from 'yaml';

/** Where a value is in the data: `['detectLocal', 'bridgeInterface']`, `['nodePortAddresses', 1]`. */
export type Path = readonly (string | number)[];

/** A file that was read, or what keeps it from being read. */
export type ConfigDocument =
  | { readonly kind: 'invalid'; readonly problems: readonly DocumentProblem[] }
  | {
      readonly kind: 'valid';
      readonly data: unknown;
      /** Keys that are there twice; the data has the last of them. */
      readonly duplicates: readonly { readonly path: Path; readonly line: number }[];
      /** The line, from 1, of a field's key or a list's entry, or else of the nearest thing around. */
      readonly lineOf: (path: Path) => number;
    };

/** Something wrong with the text of a file. */
export interface DocumentProblem {
  /** From 1; `undefined` when it cannot be told. */
  readonly line: number | undefined;
  readonly message: string;
}

/** Reads the text of a file. */
export function parseConfigDocument(text: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // Looked for below instead, where the path of the key is known.
    uniqueKeys: false,
  });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return {
      kind: 'invalid',
      problems: faults.map((fault) => ({
        line: lineAt(fault.pos[0]),
        message:
          fault.code === 'MULTIPLE_DOCS'
            ? 'expected one document, got several'
            : `not valid YAML: ${fault.message}`,
      })),
    };
  }
  let data: unknown;
  try {
    data = document.toJS();
  } catch (error) {
    // Aliases are only followed here: one may name nothing, or too much.
    if (!(error instanceof ReferenceError)) throw error;
    const message = `not valid YAML: ${error.message}`;
    return { kind: 'invalid', problems: [{ line: undefined, message }] };
  }
  return {
    kind: 'valid',
    data,
    duplicates: duplicatesIn(document.contents, []).map(({ path, offset }) => ({
      path,
      line: lineAt(offset),
    })),
    lineOf: (path) => lineAt(offsetOf(document, path)),
  };
}

// --- internal ---

interface Duplicate {
  readonly path: Path;
  readonly offset: number;
}

function duplicatesIn(node: ParsedNode | null, path: Path): Duplicate[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => duplicatesIn(item, [...path, index]));
  if (!isMap(node)) return [];
  const seen = new Set<string>();
  return node.items.flatMap(({ key, value }) => {
    const name = nameOf(key);
    const here = [...path, name];
    const inside = duplicatesIn(value, here);
    if (seen.has(name)) return [{ path: here, offset: key.range[0] }, ...inside];
    seen.add(name);
    return inside;
  });
}

function offsetOf(document: Document.Parsed, path: Path): number {
  let node: ParsedNode | null = document.contents;
  let offset = node?.range[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.findLast(({ key }) => nameOf(key) === step);
      if (pair === undefined) break;
      offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)];
      if (item === undefined) break;
      offset = item.range[0];
      node = item;
    } else {
      break;
    }
  }
  return offset;
}

function nameOf(key: ParsedNode): string {
  return isScalar(key) ? String(key.value) : '';
}
