/**
 * Takes a Kubernetes list apart while it arrives: each item is parsed by itself, so that a list of any
 * length costs the memory of one item. API servers answer a list from their cache in one piece,
 * whatever page size was asked for.
 */
import { isMapping, type Mapping } from '../../../rules/services/parse/mapping.ts';
import { ApiError } from './api-error.ts';

/** Bytes in, items out. */
export class ListScanner {
  readonly #onItem: (item: unknown) => void;
  /** How many brackets are open; items are at depth 2, inside the list's object and its `items`. */
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** Whether the array at depth 2 is open: the only one there is in the list's own object. */
  #isInItems = false;
  /** The item that is being read, as far as it came in earlier chunks. */
  #item: Buffer[] = [];
  /** The list without its items. */
  readonly #envelope: Buffer[] = [];

  /** Items are handed over as soon as they are complete. */
  constructor(onItem: (item: unknown) => void) {
    this.#onItem = onItem;
  }

  /** Takes the next bytes. Throws an ApiError if an item is no JSON. */
  write(chunk: Buffer): void {
    let start = 0;
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index] ?? 0;
      if (this.#isInString) {
        this.#readString(byte);
      } else if (byte === QUOTE) {
        this.#isInString = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (this.#isInItems && this.#depth === ITEM_DEPTH) {
          // What stands between items is a comma.
          start = index;
        } else if (byte === OPEN_ARRAY && this.#depth === 1) {
          this.#isInItems = true;
          this.#envelope.push(Buffer.from(chunk.subarray(start, index + 1)));
          start = index + 1;
        }
        this.#depth += 1;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.#depth -= 1;
        if (this.#isInItems && this.#depth === ITEM_DEPTH) {
          this.#item.push(chunk.subarray(start, index + 1));
          this.#emit();
          start = index + 1;
        } else if (this.#isInItems && this.#depth === 1) {
          this.#isInItems = false;
          start = index;
        }
      }
    }
    this.#keep(chunk, start);
  }

  /** The list without its items, once all bytes are in. Throws an ApiError if it is not complete. */
  end(): Mapping {
    const envelope = parseJson(Buffer.concat(this.#envelope), 'the list');
    if (isMapping(envelope)) return envelope;
    throw new ApiError('malformed', 'the API server sent a list that is no object');
  }

  #readString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
  }

  #emit(): void {
    const item = parseJson(Buffer.concat(this.#item), 'an item of the list');
    this.#item = [];
    this.#onItem(item);
  }

  /** What the next chunk goes on with; copied, since the chunk is much larger. */
  #keep(chunk: Buffer, start: number): void {
    if (!this.#isInItems) this.#envelope.push(Buffer.from(chunk.subarray(start)));
    else if (this.#depth > ITEM_DEPTH) this.#item.push(Buffer.from(chunk.subarray(start)));
  }
}

// --- internal ---

const ITEM_DEPTH = 2;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new ApiError('malformed', `the API server sent ${what} that is no JSON`, {
      cause: error,
    });
  }
}
