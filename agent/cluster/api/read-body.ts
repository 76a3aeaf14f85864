/** What the bodies of answers hold. */
import { isMapping } from '../../../rules/services/parse/mapping.ts';
import { ApiError } from './api-error.ts';
import { ListScanner } from './list-scanner.ts';
import { versionOf } from './resource-version.ts';

/** What a page of a list says besides its items. */
export interface Page {
  /** From where a watch goes on. */
  readonly version: string;
  /** Asks for the next page; empty when this is the last. */
  readonly next: string;
}

/** Reads a page of a list, item by item. Throws an ApiError when it is none. */
export async function readPage(
  body: AsyncIterable<Buffer>,
  onItem: (item: unknown) => void,
): Promise<Page> {
  const scanner = new ListScanner(onItem);
  for await (const chunk of body) scanner.write(chunk);
  const list = scanner.end();
  const next = isMapping(list.metadata) ? list.metadata.continue : undefined;
  return { version: versionOf(list), next: typeof next === 'string' ? next : '' };
}

/** Reads a single object. Throws an ApiError when it is no JSON. */
export async function readObject(body: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new ApiError('malformed', 'the API server sent an object that is no JSON', {
      cause: error,
    });
  }
}
