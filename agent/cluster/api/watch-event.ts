/** One line of a watch. */
import { isMapping, type Mapping } from '../../../rules/services/parse/mapping.ts';
import { ApiError, errorOfStatus } from './api-error.ts';
import { retryAfterMsOf } from './back-off.ts';
import { versionOf } from './resource-version.ts';

/** What a watch says. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Mapping }
  /** Nothing happened up to this version. */
  | { readonly type: 'BOOKMARK'; readonly version: string };

/**
 * Reads a line. Throws the ApiError that an ERROR event stands for, and a `malformed` one when the
 * line is none of this.
 */
export function parseWatchEvent(line: string): WatchEvent {
  const event = parseLine(line);
  const object = isMapping(event) ? event.object : undefined;
  if (!isMapping(event) || !isMapping(object)) throw malformed(undefined);
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: event.type, object };
    case 'BOOKMARK':
      return { type: event.type, version: versionOf(object) };
    case 'ERROR':
      throw errorIn(object);
    default:
      throw malformed(undefined);
  }
}

/**
 * Which object a line is about that cannot be parsed, as far as its text shows: API servers write
 * `metadata` first, with `name` and `namespace` leading in it.
 */
export function guessObject(
  line: string,
  isNamespaced: boolean,
): { readonly namespace: string; readonly name: string } | undefined {
  const [, name, namespace = ''] = METADATA.exec(line) ?? [];
  const isWhole = name !== undefined && (namespace !== '') === isNamespaced;
  return isWhole ? { namespace, name } : undefined;
}

// --- internal ---

const METADATA =
  /"metadata":\{"name":"([a-z0-9.-]{1,253})",(?:"generateName":"[^"]{0,253}",)?(?:"namespace":"([a-z0-9-]{1,63})",)?/;

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw malformed(error);
  }
}

function malformed(cause: unknown): ApiError {
  return new ApiError('malformed', 'the API server sent a watch event that cannot be read', {
    cause,
  });
}

function errorIn(status: Mapping): ApiError {
  const { code, message, details } = status;
  return errorOfStatus(
    typeof code === 'number' ? code : 500,
    typeof message === 'string' ? message : '',
    isMapping(details) ? retryAfterMsOf(details.retryAfterSeconds) : undefined,
  );
}
