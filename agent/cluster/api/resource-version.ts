/** The versions that the API server gives to objects and lists. */
import type { Mapping } from '../../../rules/services/parse/mapping.ts';
import { isMapping } from '../../../rules/services/parse/mapping.ts';
import { ApiError } from './api-error.ts';

/** The `metadata.resourceVersion` of an object or a list. Throws a `malformed` ApiError without one. */
export function versionOf(object: Mapping): string {
  const version = isMapping(object.metadata) ? object.metadata.resourceVersion : undefined;
  if (typeof version === 'string' && version !== '') return version;
  throw new ApiError('malformed', 'the API server sent an object without a resourceVersion');
}

/** Whether a version comes before another: they are numbers that grow. Other text is not compared. */
export function isOlder(version: string, than: string): boolean {
  if (!/^\d+$/.test(version) || !/^\d+$/.test(than)) return false;
  return version.length === than.length ? version < than : version.length < than.length;
}
