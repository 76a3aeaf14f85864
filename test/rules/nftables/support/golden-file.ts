/** Texts that are read in review: files that a test compares with, and `npm run golden` writes anew. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What the file says; with UPDATE_GOLDEN=1 it is made to say this text. */
export function goldenText(file: string, text: string): string {
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(FOLDER + file, text);
  }
  return readFileSync(FOLDER + file, 'utf8');
}

// --- internal ---

const FOLDER = fileURLToPath(new URL('../../../golden/', import.meta.url));
