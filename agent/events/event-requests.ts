/** Events as requests to the API server, in `events.k8s.io/v1`. */
import type { ApiRequest } from '../cluster/api/api-client.ts';
import type { AgentEvent } from './event.ts';

/** One event and how often it happened. */
export interface EventSeries {
  readonly event: AgentEvent;
  /** The Event object's. */
  readonly name: string;
  /** In ms since the epoch. */
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly count: number;
}

/** The name of an Event object: the regarded object's, and a moment in nanoseconds, as others name them. */
export function eventName({ regarding }: AgentEvent, nanoseconds: bigint): string {
  // A node's name may be as long as an object's, which leaves no room.
  return `${regarding.name.slice(0, 200)}.${nanoseconds.toString(16)}`;
}

/** Creates the Event object. */
export function createRequest(series: EventSeries, nodeName: string): ApiRequest {
  const { regarding, type, reason, action, note } = series.event;
  const namespace = namespaceOf(series);
  const object = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: series.name, namespace },
    eventTime: microTime(series.firstAtMs),
    reportingController: 'switchyard',
    reportingInstance: `switchyard-${nodeName}`.slice(0, MAX_INSTANCE),
    regarding: {
      ...regarding,
      namespace: regarding.namespace === '' ? undefined : regarding.namespace,
    },
    type,
    reason,
    action,
    note: note.slice(0, MAX_NOTE),
    ...seriesOf(series),
  };
  return request('create', collectionOf(namespace), 'application/json', object);
}

/** Says of an Event object that is there that it happened again. */
export function repeatRequest(series: EventSeries): ApiRequest {
  const target = `${collectionOf(namespaceOf(series))}/${encodeURIComponent(series.name)}`;
  return request('patch', target, 'application/merge-patch+json', seriesOf(series));
}

// --- internal ---

/** The API server's limits, in bytes; what the agent writes is ASCII, or else a little shorter. */
const MAX_INSTANCE = 128;
const MAX_NOTE = 1024;

function request(
  verb: 'create' | 'patch',
  target: string,
  contentType: string,
  object: object,
): ApiRequest {
  return { verb, kind: 'Event', target, body: { contentType, text: JSON.stringify(object) } };
}

function collectionOf(namespace: string): string {
  return `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
}

/** Events about objects that are in no namespace have to be in this one. */
function namespaceOf({ event }: EventSeries): string {
  return event.regarding.namespace === '' ? 'default' : event.regarding.namespace;
}

function seriesOf({ count, lastAtMs }: EventSeries): object {
  return count === 1 ? {} : { series: { count, lastObservedTime: microTime(lastAtMs) } };
}

/** The API wants six digits of a second, no more and no less. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
