/**
 * Events as the API server takes and shows them: `events.k8s.io/v1` is checked, and what it holds can
 * be read in the core group too, which is where kubectl looks.
 */
import { objectAt, textAt, untyped, type JsonObject } from './json.ts';
import { resourceOf, type Resource } from './resources.ts';
import { StatusError } from './status.ts';
import type { Change, Storage } from './storage.ts';

/** Throws a StatusError when the API server would not take this object of `events.k8s.io/v1`. */
export function checkEvent(event: JsonObject): void {
  const { namespace = '' } = objectAt(event, 'metadata');
  const regarding = objectAt(event, 'regarding');
  const series = event.series === undefined ? undefined : objectAt(event, 'series');
  const problems = [
    [!MICRO_TIME.test(textAt(event, 'eventTime')), 'eventTime: a time with six digits is required'],
    [!isLabel(event, 'reportingController'), 'reportingController: is required'],
    [!isLabel(event, 'reportingInstance'), 'reportingInstance: 1 to 128 characters'],
    [!isLabel(event, 'action'), 'action: 1 to 128 characters'],
    [!isLabel(event, 'reason'), 'reason: 1 to 128 characters'],
    [!/^(Normal|Warning)$/.test(textAt(event, 'type')), 'type: Normal or Warning'],
    [textAt(event, 'note').length > 1024, 'note: at most 1024 characters'],
    [(textAt(regarding, 'namespace') || 'default') !== namespace, 'regarding.namespace: differs'],
    [series !== undefined && !(Number(series.count) >= 2), 'series.count: 2 at least'],
    [
      series !== undefined && !MICRO_TIME.test(textAt(series, 'lastObservedTime')),
      'series.lastObservedTime: a time with six digits is required',
    ],
  ] as const;
  const found = problems.filter(([isWrong]) => isWrong).map(([, text]) => text);
  if (found.length > 0) throw new StatusError(422, 'Invalid', `Event: ${found.join(', ')}`);
}

/** Does to the core group's Events what was done to those of `events.k8s.io`. */
export function mirrorEvent({ resource, type, object }: Change, storage: Storage): void {
  if (resource.group !== 'events.k8s.io') return;
  const metadata = objectAt(object, 'metadata');
  const [namespace, name] = [textAt(metadata, 'namespace'), textAt(metadata, 'name')];
  switch (type) {
    case 'ADDED':
      storage.create(CORE_EVENTS, coreEvent(object));
      break;
    case 'MODIFIED':
      storage.update(CORE_EVENTS, coreEvent(object));
      break;
    case 'DELETED':
      storage.delete(CORE_EVENTS, namespace, name);
      break;
  }
}

// --- internal ---

const CORE_EVENTS: Resource = resourceOf('v1', 'Event');

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

function isLabel(event: JsonObject, key: string): boolean {
  return /^.{1,128}$/.test(textAt(event, key));
}

/** The same in the words of the core group. */
function coreEvent(event: JsonObject): JsonObject {
  const { note, regarding, reportingController, ...rest } = untyped(event);
  const { name = '', namespace = '', creationTimestamp = '' } = objectAt(event, 'metadata');
  return {
    ...rest,
    metadata: { name, namespace, creationTimestamp },
    involvedObject: regarding ?? {},
    message: note ?? '',
    reportingComponent: reportingController ?? '',
    source: {},
  };
}
