/** When the change happened that an EndpointSlice shows (behaviour document, section 1.6). */
import { isMapping } from '../../../rules/services/parse/mapping.ts';

/** Milliseconds since the epoch; `undefined` when the annotation is absent or is no such time. */
export function triggerTimeOf(raw: unknown): number | undefined {
  const metadata = isMapping(raw) ? raw.metadata : undefined;
  const annotations = isMapping(metadata) ? metadata.annotations : undefined;
  const text = isMapping(annotations) ? annotations[ANNOTATION] : undefined;
  if (typeof text !== 'string' || !RFC3339.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

// --- internal ---

const ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time';

/** `Date.parse` alone would take other text for a time in the machine's own zone. */
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
