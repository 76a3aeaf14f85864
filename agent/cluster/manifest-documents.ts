/**
 * Text of manifests as documents that remember on which lines they were written. They are read one
 * after the other, so that a broken document does not take its neighbours with it and memory follows
 * the largest document, not the file.
 */
import { messageOf } from './problems.ts';
import { readYaml } from './yaml-document.ts';

/** One document of a text, from `---` to `---`. */
export type ManifestDocument = IntactDocument | BrokenDocument;

/** A document that could be read. */
export interface IntactDocument {
  readonly kind: 'intact';
  /** What it holds; never null, empty documents are left out. */
  readonly value: unknown;
  /**
   * The line, from 1, of the node at this path or of its nearest ancestor that was written down;
   * `undefined` where lines are not known.
   */
  lineOf(path: readonly string[]): number | undefined;
}

/** A document that could not be read. */
export interface BrokenDocument {
  readonly kind: 'broken';
  /** From 1; `undefined` when it is the text as a whole. */
  readonly line: number | undefined;
  readonly message: string;
}

/** Reads every document of a text of YAML or JSON. JSON above 1 MiB is fast, and knows no lines. Never throws. */
export function* parseDocuments(text: string): Generator<ManifestDocument> {
  const json = text.length > LARGE_JSON ? parseJson(text) : undefined;
  if (json?.kind === 'intact') {
    yield json;
  } else if (text.length > MAX_YAML) {
    yield json ?? tooLarge(text);
  } else {
    for (const { part, firstLine } of splitDocuments(text)) yield* readYaml(part, firstLine);
  }
}

// --- internal ---

const MIB = 1024 * 1024;

/** In characters. Smaller JSON is read as YAML, which it is, for the sake of its lines. */
const LARGE_JSON = MIB;

/** In characters. A YAML document takes up to 90 times its text in memory while it is read. */
const MAX_YAML = 16 * MIB;

/** `undefined` when the text does not even begin like JSON. */
function parseJson(text: string): ManifestDocument | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return { kind: 'intact', value, lineOf: () => undefined };
  } catch (error) {
    return { kind: 'broken', line: undefined, message: `invalid JSON: ${messageOf(error)}` };
  }
}

function tooLarge(text: string): BrokenDocument {
  const limit = MAX_YAML / MIB;
  const size = (text.length / MIB).toFixed(1);
  const message = `expected at most ${limit} MiB of YAML, got ${size} MiB: split it, or write it as JSON`;
  return { kind: 'broken', line: undefined, message };
}

interface TextPart {
  readonly part: string;
  /** Of the part in the text, from 1. */
  readonly firstLine: number;
}

/**
 * Cuts a text before every line that begins with `---`. YAML lets nothing else begin so, not even in
 * quotes: a quote that is not closed ends with its document. Directives stay with what they direct.
 */
function* splitDocuments(text: string): Generator<TextPart> {
  let start = 0;
  let firstLine = 1;
  for (const { index } of text.matchAll(/(?<![^\n])---(?=[ \t\r\n]|$)/g)) {
    const lineBefore = text.lastIndexOf('\n', index - 2) + 1;
    if (text.startsWith('%', lineBefore)) continue;
    const part = text.slice(start, index);
    yield { part, firstLine };
    start = index;
    firstLine += part.split('\n').length - 1;
  }
  yield { part: text.slice(start), firstLine };
}
