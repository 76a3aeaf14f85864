/** Puts the figures of a run into docs/benchmarks.md. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Rewrites the figures in the file; the text around them stays. */
export function writeDocs(report: string): void {
  writeFileSync(DOCUMENT, replaceFigures(readFileSync(DOCUMENT, 'utf8'), report));
}

/** The document with the report between its two markers. Throws when it has no such markers. */
export function replaceFigures(document: string, report: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(`docs/benchmarks.md: expected "${BEGIN}" and after it "${END}"`);
  }
  return `${document.slice(0, begin + BEGIN.length)}\n\n${report}\n${document.slice(end)}`;
}

// --- internal ---

const DOCUMENT = new URL('../../docs/benchmarks.md', import.meta.url);

const BEGIN = '<!-- figures: written by npm run bench -- --write-docs -->';
const END = '<!-- end of figures -->';
