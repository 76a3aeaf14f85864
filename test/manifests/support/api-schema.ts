/**
 * Compares objects with the API's schema, as the generated models of the API client have it: every
 * field has to be one that the API knows, and of its type. Which ones are required they do not say.
 */
import * as models from '@kubernetes/client-node';
import type { ApiObject } from './objects.ts';

/** What is wrong with an object, one line a field; none when the API would take it. */
export function schemaProblems(object: Pick<ApiObject, 'apiVersion' | 'kind'>): string[] {
  const version = object.apiVersion.split('/').at(-1) ?? '';
  return problemsOf(object, `${version.replace('v', 'V')}${object.kind}`, object.kind);
}

// --- internal ---

/** One field of a generated model. */
interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

interface Model {
  getAttributeTypeMap(): readonly Attribute[];
}

/** `V1Pod`, `Array<V1Container>`, `{ [key: string]: string; }`, `string`, `number`, ... */
function problemsOf(value: unknown, type: string, path: string): string[] {
  const element = /^Array<(.*)>$/.exec(type)?.[1];
  if (element !== undefined) {
    if (!Array.isArray(value)) return [`${path}: not a list`];
    return value.flatMap((each, index) => problemsOf(each, element, `${path}[${index}]`));
  }
  const inner = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (inner !== undefined) {
    return fieldsOf(value).flatMap(([key, each]) => problemsOf(each, inner, `${path}.${key}`));
  }
  const model = (models as unknown as Record<string, Model | undefined>)[type];
  if (model !== undefined && 'getAttributeTypeMap' in model) {
    const attributes = new Map(model.getAttributeTypeMap().map((each) => [each.baseName, each]));
    return fieldsOf(value).flatMap(([key, each]) => {
      const attribute = attributes.get(key);
      if (attribute === undefined) return [`${path}.${key}: no such field in ${type}`];
      return problemsOf(each, attribute.type, `${path}.${key}`);
    });
  }
  const kinds = SCALARS[type];
  if (kinds === undefined) return [`${path}: no such type: ${type}`];
  return kinds.includes(typeof value) ? [] : [`${path}: ${typeof value}, not ${type}`];
}

const SCALARS: Readonly<Record<string, readonly string[]>> = {
  string: ['string'],
  number: ['number'],
  boolean: ['boolean'],
  IntOrString: ['number', 'string'],
};

function fieldsOf(value: unknown): [string, unknown][] {
  return Object.entries((value ?? {}) as Record<string, unknown>);
}
