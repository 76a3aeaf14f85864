/** The ways to change an object by saying only what is to differ. */
import { isDeepStrictEqual } from 'node:util';
import { isObject, textAt, without, type Json, type JsonObject } from './json.ts';
import { badRequest, StatusError } from './status.ts';

/** RFC 7386: values replace, objects are merged, `null` removes. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) result[key] = mergePatch(result[key], value);
  return without(result, (key) => patch[key] === null);
}

/**
 * Kubernetes' own merge, by which kubectl applies: lists whose items have a known key are merged item
 * by item, the others replaced.
 */
export function strategicMergePatch(target: Json | undefined, patch: Json, path = ''): Json {
  const mergeKey = MERGE_KEYS.get(path);
  if (Array.isArray(patch)) {
    return mergeKey !== undefined && Array.isArray(target)
      ? mergeItems(target.filter(isObject), patch.filter(isObject), mergeKey)
      : patch;
  }
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) && patch.$patch !== 'replace' ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    // `$patch`, `$retainKeys`, `$setElementOrder/...`: how to merge, of which only `$patch` matters.
    if (key.startsWith('$')) continue;
    result[key] = strategicMergePatch(result[key], value, path === '' ? key : `${path}.${key}`);
  }
  return without(result, (key) => patch[key] === null);
}

/** RFC 6902. Throws a StatusError when an operation cannot be done. */
export function jsonPatch(target: JsonObject, operations: Json): Json {
  if (!Array.isArray(operations)) throw badRequest('a JSON patch is a list of operations');
  let result: Json = structuredClone(target);
  for (const operation of operations.filter(isObject)) result = applyOperation(result, operation);
  return result;
}

// --- internal ---

/** The keys of lists, by their paths, in the kinds served here. */
const MERGE_KEYS: ReadonlyMap<string, string> = new Map([
  ['spec.ports', 'port'],
  ['spec.taints', 'key'],
  ['status.addresses', 'type'],
  ['status.conditions', 'type'],
  ['metadata.ownerReferences', 'uid'],
]);

function mergeItems(
  target: readonly JsonObject[],
  patch: readonly JsonObject[],
  key: string,
): Json {
  const items = [...target];
  for (const change of patch) {
    const index = items.findIndex((item) => item[key] === change[key]);
    if (change.$patch === 'delete') {
      if (index >= 0) items.splice(index, 1);
    } else if (index >= 0) {
      items[index] = mergeObject(items[index] ?? {}, change);
    } else {
      items.push(mergeObject({}, change));
    }
  }
  return items;
}

function mergeObject(target: JsonObject, change: JsonObject): JsonObject {
  const merged = strategicMergePatch(target, change, '?');
  return isObject(merged) ? merged : {};
}

function applyOperation(root: Json, operation: JsonObject): Json {
  const { path = '', from, value = null } = operation;
  const op = textAt(operation, 'op');
  const steps = stepsOf(path);
  switch (op) {
    case 'add':
      return edited(root, steps, (parent, key) => {
        put(parent, key, value, 'insert');
      });
    case 'replace':
      return edited(root, steps, (parent, key) => {
        put(parent, key, value, 'replace');
      });
    case 'remove':
      return edited(root, steps, remove);
    case 'move': {
      const moved = valueAt(root, stepsOf(from));
      const rest = edited(root, stepsOf(from), remove);
      return applyOperation(rest, { op: 'add', path, value: moved });
    }
    case 'copy':
      return applyOperation(root, {
        op: 'add',
        path,
        value: structuredClone(valueAt(root, stepsOf(from))),
      });
    case 'test':
      if (isDeepStrictEqual(valueAt(root, steps), value)) return root;
      throw new StatusError(422, 'Invalid', `the test of /${steps.join('/')} failed`);
    default:
      throw badRequest(`unknown operation ${op}`);
  }
}

function stepsOf(pointer: Json | undefined): string[] {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) {
    throw badRequest(`expected a JSON pointer, got ${JSON.stringify(pointer)}`);
  }
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

type Parent = JsonObject | Json[];

function edited(root: Json, steps: string[], edit: (parent: Parent, key: string) => void): Json {
  const key = steps.at(-1);
  if (key === undefined) throw badRequest('the root of an object cannot be changed');
  const parent = valueAt(root, steps.slice(0, -1));
  if (typeof parent !== 'object' || parent === null) throw missing(steps);
  edit(parent, key);
  return root;
}

function valueAt(root: Json, steps: string[]): Json {
  let value: Json | undefined = root;
  for (const step of steps) {
    if (Array.isArray(value)) value = value[Number(step)];
    else value = isObject(value) ? value[step] : undefined;
  }
  if (value === undefined) throw missing(steps);
  return value;
}

function put(parent: Parent, key: string, value: Json, how: 'insert' | 'replace'): void {
  if (!Array.isArray(parent)) {
    if (how === 'replace' && !Object.hasOwn(parent, key)) throw missing([key]);
    parent[key] = value;
  } else if (how === 'replace') {
    parent[Number(key)] = value;
  } else {
    parent.splice(key === '-' ? parent.length : Number(key), 0, value);
  }
}

function remove(parent: Parent, key: string): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (Object.hasOwn(parent, key)) Reflect.deleteProperty(parent, key);
  else throw missing([key]);
}

function missing(steps: readonly string[]): StatusError {
  return new StatusError(422, 'Invalid', `there is nothing at /${steps.join('/')}`);
}
