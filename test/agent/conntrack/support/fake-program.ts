/** Stands in for the conntrack program, for what the real one cannot be made to do. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A program that does as told, and notes how it was called. */
export class FakeProgram {
  readonly path: string;
  readonly #folder: string;

  /** The body is JavaScript; `run` is the number of the run, from 1. */
  constructor(body: string) {
    this.#folder = mkdtempSync(join(tmpdir(), 'switchyard-conntrack-'));
    this.path = join(this.#folder, 'conntrack');
    const notes = JSON.stringify(join(this.#folder, 'calls'));
    writeFileSync(
      this.path,
      `#!${process.execPath}
      const { appendFileSync, readFileSync } = require('node:fs');
      appendFileSync(${notes}, process.argv.slice(2).join(' ') + '\\n');
      const run = readFileSync(${notes}, 'utf8').split('\\n').length - 1;
      ${body}`,
    );
    chmodSync(this.path, 0o755);
  }

  /** The arguments of every run, joined by spaces. */
  get calls(): readonly string[] {
    return readFileSync(join(this.#folder, 'calls'), 'utf8').trimEnd().split('\n');
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
