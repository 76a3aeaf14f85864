/**
 * What a sink was told of one kind, so that it only hears of what really differs: after a new list, of
 * events that come twice or late, and of changes in fields that do not matter. Keeps no raw objects.
 */
import { isDeepStrictEqual } from 'node:util';
import { isMapping, type Mapping } from '../../../rules/services/parse/mapping.ts';
import type { Problem } from '../../../rules/services/types.ts';
import { deleteObject, upsertObject, type ClusterObject } from '../cluster-object.ts';
import type { ClusterSink } from '../source.ts';
import { ApiError } from './api-error.ts';
import type { ApiKind } from './kinds.ts';
import { isOlder, versionOf } from './resource-version.ts';
import { triggerTimeOf } from './trigger-time.ts';

/** How we know of an object: it was asked for, which is always right, or it came in an event. */
export type Origin = 'read' | 'event';

/** The objects of one kind that matter. */
export class ObjectStore {
  readonly #kind: ApiKind;
  readonly #sink: ClusterSink;
  readonly #entries = new Map<string, Entry>();
  #hasChanges = false;

  constructor(kind: ApiKind, sink: ClusterSink) {
    this.#kind = kind;
    this.#sink = sink;
  }

  /**
   * Takes an object as it is now, and answers its key. An event may come late: it counts only if it is
   * newer than what is known.
   */
  upsert(raw: unknown, origin: Origin): string {
    const identity = identityOf(raw);
    const { key, uid, version } = identity;
    const known = this.#entries.get(key);
    if (known !== undefined && isKnown(identity, known, origin)) return key;
    const outcome = this.#kind.parse(raw);
    switch (outcome.kind) {
      case 'ok': {
        const said = this.#sayProblems(outcome.problems, known);
        const object = this.#tell(raw, outcome.value, uid, known);
        this.#entries.set(key, { uid, version, object, problems: said });
        break;
      }
      case 'refused': {
        const said = this.#sayProblems(outcome.problems, known);
        this.#entries.set(key, { uid, version, object: known?.object, problems: said });
        break;
      }
      case 'ignored':
        this.#forget(key);
        break;
    }
    return key;
  }

  /** Takes the last state of an object that is gone. */
  delete(raw: unknown): void {
    const identity = identityOf(raw);
    const known = this.#entries.get(identity.key);
    // Of an object that was there before this one of the same name.
    if (known === undefined || isOlder(identity.version, known.version)) return;
    this.#forget(identity.key);
  }

  /** The object of this name is gone. */
  deleteNamed(namespace: string, name: string): void {
    this.#forget(keyOf(namespace, name));
  }

  /** Forgets all objects but these: a list is complete. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#entries.keys()) {
      if (!keys.has(key)) this.#forget(key);
    }
  }

  /** Asks the sink to act, if it was told of anything since the last call; answers whether it was. */
  flush(): boolean {
    const hadChanges = this.#hasChanges;
    this.#hasChanges = false;
    if (hadChanges) this.#sink.changed();
    return hadChanges;
  }

  /** The object to keep: the known one, if it says the same. */
  #tell(raw: unknown, object: ClusterObject, uid: string, known: Entry | undefined): ClusterObject {
    // Deleted and created again in between: two facts, even if both look alike.
    if (known?.object !== undefined && known.uid !== uid) this.#delete(known.object);
    else if (isDeepStrictEqual(object, known?.object)) return known?.object ?? object;
    upsertObject(this.#sink, object);
    this.#hasChanges = true;
    this.#tellTrigger(raw, object);
    return object;
  }

  #tellTrigger(raw: unknown, object: ClusterObject): void {
    if (object.kind !== 'EndpointSlice') return;
    const atMs = triggerTimeOf(raw);
    if (atMs !== undefined) this.#sink.triggered?.(object.value.service, object.value.family, atMs);
  }

  #forget(key: string): void {
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    if (known?.object !== undefined) this.#delete(known.object);
  }

  #delete(object: ClusterObject): void {
    deleteObject(this.#sink, object);
    this.#hasChanges = true;
  }

  /** Says those that were not said of the version before; answers all of them, to remember. */
  #sayProblems(problems: readonly Problem[], known: Entry | undefined): readonly string[] {
    if (problems.length === 0) return NO_PROBLEMS;
    const said = known?.problems ?? NO_PROBLEMS;
    return problems.map((problem) => {
      const text = `${problem.field}: ${problem.message}`;
      if (!said.includes(text)) {
        this.#sink.problem({ ...problem, file: 'API server', line: undefined });
      }
      return text;
    });
  }
}

// --- internal ---

/** What is known of one object. */
interface Entry {
  readonly uid: string;
  readonly version: string;
  /** As the sink has it; `undefined` when no version of it could be used. */
  readonly object: ClusterObject | undefined;
  /** What was said of it. */
  readonly problems: readonly string[];
}

/** Shared by all objects that are as they should be. */
const NO_PROBLEMS: readonly string[] = Object.freeze([]);

interface Identity {
  readonly key: string;
  readonly uid: string;
  readonly version: string;
}

function identityOf(raw: unknown): Identity {
  if (!isMapping(raw) || !isMapping(raw.metadata)) {
    throw new ApiError('malformed', 'the API server sent something that is no object');
  }
  const { metadata } = raw;
  return {
    key: keyOf(textIn(metadata, 'namespace'), textIn(metadata, 'name')),
    uid: textIn(metadata, 'uid'),
    version: versionOf(raw),
  };
}

function textIn(metadata: Mapping, key: string): string {
  const value = metadata[key];
  return typeof value === 'string' ? value : '';
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function isKnown({ uid, version }: Identity, known: Entry, origin: Origin): boolean {
  if (version === known.version) return uid === known.uid;
  return origin === 'event' && isOlder(version, known.version);
}
