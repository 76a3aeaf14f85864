/** Label and field selectors of list and watch requests. */
import { isObject, objectAt, type Json, type JsonObject } from './json.ts';
import { badRequest } from './status.ts';

/** Whether an object is asked for. */
export type Selector = (object: JsonObject) => boolean;

/** `key`, `!key`, `key=v`, `key==v`, `key!=v`, `key in (a,b)`, `key notin (a,b)`, with commas between. */
export function labelSelector(text: string): Selector {
  const terms = splitTerms(text).map(labelTerm);
  return (object) => {
    const labels = objectAt(objectAt(object, 'metadata'), 'labels');
    return terms.every((term) => term(labels));
  };
}

/** `path=value`, `path==value` and `path!=value`, with commas between. */
export function fieldSelector(text: string): Selector {
  const terms = splitTerms(text).map((term): Selector => {
    const [, path = '', operator, value] = /^([^!=]+)(==|=|!=)(.*)$/.exec(term) ?? [];
    if (!FIELDS.has(path)) throw badRequest(`field label not supported: ${path}`);
    return (object) => (fieldAt(object, path) === value) !== (operator === '!=');
  });
  return (object) => terms.every((term) => term(object));
}

// --- internal ---

/** Those of the kinds served here that a real API server can select by. */
const FIELDS: ReadonlySet<string> = new Set([
  'metadata.name',
  'metadata.namespace',
  'spec.clusterIP',
  'spec.type',
  ...['apiVersion', 'kind', 'namespace', 'name', 'uid'].map((name) => `involvedObject.${name}`),
]);

type LabelTerm = (labels: JsonObject) => boolean;

/** At the commas outside parentheses. */
function splitTerms(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

function labelTerm(term: string): LabelTerm {
  const [, setKey = '', operator, members = ''] =
    /^(\S+)\s+(in|notin)\s*\((.*)\)$/.exec(term) ?? [];
  if (operator !== undefined) {
    const values: Json[] = members.split(',').map((value) => value.trim());
    return (labels) => values.includes(labels[setKey] ?? null) === (operator === 'in');
  }
  const [, key = '', comparison, value] = /^([^!=\s]+)\s*(==|=|!=)\s*(.*)$/.exec(term) ?? [];
  if (comparison !== undefined) {
    return (labels) => (labels[key] === value) !== (comparison === '!=');
  }
  if (/\s/.test(term)) throw badRequest(`unable to parse requirement: ${term}`);
  return term.startsWith('!')
    ? (labels) => !Object.hasOwn(labels, term.slice(1).trim())
    : (labels) => Object.hasOwn(labels, term);
}

/** Text of a field; empty when absent, as for a Go struct. */
function fieldAt(object: JsonObject, path: string): string {
  let value: Json | undefined = object;
  for (const step of path.split('.')) value = isObject(value) ? value[step] : undefined;
  return typeof value === 'string' ? value : '';
}
