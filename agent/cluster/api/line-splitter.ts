/** Cuts a stream of bytes into lines: a watch sends one event a line. */
import { ApiError } from './api-error.ts';

/** Bytes in, lines out. */
export class LineSplitter {
  #parts: Buffer[] = [];
  #length = 0;

  /** The lines that these bytes complete, in order. Throws an ApiError if one does not end. */
  write(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) break;
      this.#parts.push(chunk.subarray(start, end));
      lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#length = 0;
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#parts.push(rest);
    this.#length += rest.length;
    if (this.#length > MAX_LINE_BYTES) {
      throw new ApiError('malformed', `a watch event is longer than ${MAX_LINE_BYTES} bytes`);
    }
  }
}

// --- internal ---

const NEWLINE = 0x0a;

/** Far above any object: the API server's store takes 1.5 MiB each, unless told otherwise. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
