/** What a parser of Kubernetes objects answers. */
import type { Problem } from '../types.ts';

/**
 * - `ok`: use it. Each problem names a part that was left out or replaced by its default.
 * - `ignored`: a valid object that is not for this proxy; if it was known before, it is gone now.
 * - `refused`: unusable; whatever was known before stays in use.
 */
export type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly problems: readonly Problem[] }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** The object is used, but for what the problems name. */
export function ok<T>(value: T, problems: readonly Problem[]): Outcome<T> {
  return { kind: 'ok', value, problems };
}

/** The object is not for this proxy; the reason completes "ignored: ...". */
export function ignored(reason: string): Outcome<never> {
  return { kind: 'ignored', reason };
}

/** The object cannot be used at all. */
export function refused(problems: readonly Problem[]): Outcome<never> {
  return { kind: 'refused', problems };
}
