/** The objects of the test API server, with the history that watches resume from. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { objectAt, textAt, untyped, type JsonObject } from './json.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { expired, notFound, StatusError } from './status.ts';

/** One change of one object. */
export interface Change {
  readonly version: number;
  readonly resource: Resource;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** As it is now, or was last. */
  readonly object: JsonObject;
  /** As it was before; `undefined` when it was not there. */
  readonly before: JsonObject | undefined;
}

/** Objects by resource, namespace and name. */
export class Storage {
  readonly #objects = new Map<string, JsonObject>();
  readonly #listeners = new Set<(change: Change) => void>();
  #history: Change[] = [];
  #version = 1000;
  #compactedVersion = 1000;

  /** The version of the latest change. */
  get version(): number {
    return this.#version;
  }

  /** All objects of a resource, by namespace and name. */
  list(resource: Resource): JsonObject[] {
    const prefix = `${resource.group}/${resource.name}/`;
    return [...this.#objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  find(resource: Resource, namespace: string, name: string): JsonObject | undefined {
    return this.#objects.get(keyOf(resource, namespace, name));
  }

  /** Throws a StatusError when it is not there. */
  get(resource: Resource, namespace: string, name: string): JsonObject {
    const object = this.find(resource, namespace, name);
    if (object === undefined) throw notFound(`${resource.name} "${name}"`);
    return object;
  }

  /** Stores a new object. Throws a StatusError when there is one of this name. */
  create(resource: Resource, given: JsonObject): JsonObject {
    const metadata = objectAt(given, 'metadata');
    const namespace = textAt(metadata, 'namespace');
    const name = nameOf(metadata);
    if (this.find(resource, namespace, name) !== undefined) {
      throw new StatusError(409, 'AlreadyExists', `${resource.name} "${name}" already exists`);
    }
    const creationTimestamp = new Date().toISOString().replace(/\.\d+/, '');
    const fixed = { name, uid: randomUUID(), creationTimestamp };
    return this.#put(resource, 'ADDED', { ...given, metadata: { ...metadata, ...fixed } });
  }

  /** Replaces an object; one that does not differ stays at its version. Throws a StatusError. */
  update(resource: Resource, given: JsonObject): JsonObject {
    const metadata = objectAt(given, 'metadata');
    const before = this.get(resource, textAt(metadata, 'namespace'), textAt(metadata, 'name'));
    const { uid = '', creationTimestamp = '', resourceVersion = '' } = objectAt(before, 'metadata');
    const wanted = metadata.resourceVersion;
    if (wanted !== undefined && wanted !== '' && wanted !== resourceVersion) {
      const message =
        'the object has been modified; please apply your changes to the latest version';
      throw new StatusError(409, 'Conflict', message);
    }
    const fixed = { uid, creationTimestamp, resourceVersion };
    const object = { ...given, metadata: { ...metadata, ...fixed } };
    return isDeepStrictEqual(typed(resource, object), before)
      ? before
      : this.#put(resource, 'MODIFIED', object, before);
  }

  /** Throws a StatusError when it is not there. */
  delete(resource: Resource, namespace: string, name: string): JsonObject {
    const before = this.get(resource, namespace, name);
    return this.#put(resource, 'DELETED', before, before);
  }

  /** What happened after this version. Throws a StatusError when that is forgotten. */
  changesSince(version: number): readonly Change[] {
    if (version < this.#compactedVersion) throw expired();
    return this.#history.filter((change) => change.version > version);
  }

  /** Forgets all history: whoever has not followed until now has to list again. */
  compact(): void {
    this.#history = [];
    // As if something else had happened meanwhile: even who was up to date is too late now.
    this.#version += 1;
    this.#compactedVersion = this.#version;
  }

  /** Calls back for each change from now on; the answer ends that. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #put(
    resource: Resource,
    type: Change['type'],
    given: JsonObject,
    before?: JsonObject,
  ): JsonObject {
    this.#version += 1;
    const version = this.#version;
    const metadata = { ...objectAt(given, 'metadata'), resourceVersion: String(version) };
    const object = typed(resource, { ...given, metadata });
    const key = keyOf(resource, textAt(metadata, 'namespace'), textAt(metadata, 'name'));
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, object);
    const change: Change = { version, resource, type, object, before };
    this.#history.push(change);
    for (const listener of this.#listeners) listener(change);
    return object;
  }
}

// --- internal ---

function keyOf(resource: Resource, namespace: string, name: string): string {
  return `${resource.group}/${resource.name}/${namespace}/${name}`;
}

function nameOf(metadata: JsonObject): string {
  const name = textAt(metadata, 'name');
  if (name !== '') return name;
  const prefix = textAt(metadata, 'generateName');
  if (prefix === '') throw new StatusError(422, 'Invalid', 'metadata.name is required');
  return `${prefix}${randomUUID().slice(0, 5)}`;
}

/** With its type in front, as the API server writes it. */
function typed(resource: Resource, object: JsonObject): JsonObject {
  return { kind: resource.kind, apiVersion: apiVersionOf(resource), ...untyped(object) };
}
