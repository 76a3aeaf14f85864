/** Writes objects to an API server in ways that a real one takes, so that the same tests run on both. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isRefusal, type ApiClient } from './api-client.ts';
import { objectAt, textAt, without, type JsonObject } from './json.ts';
import { apiPathOf, resourceOf, type Resource } from './resources.ts';

/** Keeps a server's objects as a test wants them. */
export class ApiWriter {
  readonly #client: ApiClient;
  /** What this writer has written, by path. */
  readonly #written = new Map<string, Written>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /**
   * Has the server hold exactly these of all objects that this writer writes; those that are as they
   * were are left alone. Services go first, since their addresses may be given to others, and the
   * slices of Services that stay go last, so that these always have some.
   */
  async replaceAll(objects: readonly object[]): Promise<void> {
    const wanted = objects.map(placed);
    const paths = new Set(wanted.map(({ path }) => path));
    const gone = [...this.#written.values()].filter(({ path }) => !paths.has(path));
    const isService = ({ resource }: Written): boolean => resource.kind === 'Service';
    for (const each of gone.filter(isService)) await this.#delete(each);
    const changed = wanted.filter(({ path, text }) => this.#written.get(path)?.text !== text);
    for (const [index, group] of byAge(changed).entries()) {
      if (index > 0) await untilNextSecond();
      await Promise.all(group.map((each) => this.#put(each)));
    }
    for (const each of gone.filter((it) => !isService(it))) await this.#delete(each);
  }

  async #put(written: Written): Promise<void> {
    const { resource, folder, path, object } = written;
    this.#written.set(path, written);
    const answer = await this.#createOrReplace(resource, folder, path, object);
    if (!resource.hasStatus || object.status === undefined) return;
    const { resourceVersion = '' } = objectAt(answer, 'metadata');
    const metadata = { ...objectAt(object, 'metadata'), resourceVersion };
    await this.#client.json('PUT', `${path}/status`, { ...object, metadata });
  }

  async #createOrReplace(
    resource: Resource,
    folder: string,
    path: string,
    object: JsonObject,
  ): Promise<JsonObject> {
    try {
      return await this.#client.json('POST', folder, object);
    } catch (error) {
      if (!isRefusal(error, 409)) throw error;
    }
    const before = await this.#client.json('GET', path);
    if (resource.kind === 'Service' && isAtOtherIp(object, before)) {
      await this.#client.json('DELETE', path);
      return await this.#client.json('POST', folder, object);
    }
    const { resourceVersion = '' } = objectAt(before, 'metadata');
    const metadata = { ...objectAt(object, 'metadata'), resourceVersion };
    return await this.#client.json('PUT', path, { ...object, metadata });
  }

  async #delete({ path }: Written): Promise<void> {
    this.#written.delete(path);
    await this.#client.json('DELETE', path);
  }
}

// --- internal ---

/** An object and where it belongs. */
interface Written {
  readonly resource: Resource;
  /** Of its kind and namespace. */
  readonly folder: string;
  readonly path: string;
  readonly object: JsonObject;
  /** The moment of its creation as the test has it; empty when that does not matter. */
  readonly createdAt: string;
  /** For comparison. */
  readonly text: string;
}

function placed(given: object): Written {
  const { metadata, ...rest } = given as JsonObject & { readonly metadata: JsonObject };
  const resource = resourceOf(textAt(rest, 'apiVersion'), textAt(rest, 'kind'));
  const namespace = textAt(metadata, 'namespace') || 'default';
  const place = resource.isNamespaced ? `/namespaces/${namespace}` : '';
  const folder = `${apiPathOf(resource)}${place}/${resource.name}`;
  // When an object was created is the server's to say.
  const asked = without(metadata, (key) => key === 'creationTimestamp');
  return {
    resource,
    folder,
    path: `${folder}/${textAt(metadata, 'name')}`,
    object: { ...rest, metadata: asked },
    createdAt: textAt(metadata, 'creationTimestamp'),
    text: JSON.stringify(given),
  };
}

/** The oldest first; those without a date last, as what is made only now. */
function byAge(all: readonly Written[]): Written[][] {
  const groups = Map.groupBy(all, ({ createdAt }) => createdAt);
  const dates = [...groups.keys()].filter((date) => date !== '').sort();
  return [...dates, '']
    .flatMap((date) => [groups.get(date) ?? []])
    .filter(({ length }) => length > 0);
}

/** Creation timestamps are in whole seconds. */
async function untilNextSecond(): Promise<void> {
  await sleep(1000 - (Date.now() % 1000));
}

/** The ClusterIP of a Service cannot be changed. */
function isAtOtherIp(object: JsonObject, before: JsonObject): boolean {
  const wanted = textAt(objectAt(object, 'spec'), 'clusterIP');
  return wanted !== '' && wanted !== textAt(objectAt(before, 'spec'), 'clusterIP');
}
