/**
 * Reads the fields of an object from outside. Each reader answers a usable value; what is of the
 * wrong type is noted in the report under its path and read as if it were absent. `null` is absent,
 * as everywhere in Kubernetes.
 */
import type { Problem } from '../types.ts';
import { isMapping, type Mapping } from './mapping.ts';
import { describeObject, objectRef } from './object-ref.ts';
import { describeValue } from './quoted.ts';

/** Collects what is wrong with one object. */
export interface Report {
  readonly object: string;
  readonly problems: Problem[];
}

/** One mapping of an object, and where in the object it stands (empty at the top). */
export interface Fields {
  readonly values: Mapping;
  readonly path: string;
  readonly report: Report;
}

/** The top of an object of this kind, with a report of its own. */
export function readTop(raw: unknown, kind: string): Fields {
  const report = { object: describeObject(objectRef(raw, kind)), problems: [] };
  return fieldsOf(raw, '', report);
}

/** Notes that a field held something else; the message reads "expected <wanted>, got <what came>". */
export function addUnexpected(report: Report, path: string, wanted: string, got: unknown): void {
  addProblem(report, path, `expected ${wanted}, got ${describeValue(got)}`);
}

/** Notes a problem in words of its own. */
export function addProblem(report: Report, path: string, message: string): void {
  report.problems.push({ object: report.object, field: path, message });
}

/** A mapping inside a mapping; empty when absent. */
export function childAt(fields: Fields, key: string): Fields {
  return fieldsOf(fields.values[key] ?? NOTHING, pathAt(fields, key), fields.report);
}

/** Whether a list is absent or has no entries. */
export function isEmptyAt(fields: Fields, key: string): boolean {
  const value = fields.values[key] ?? NO_ITEMS;
  return Array.isArray(value) && value.length === 0;
}

/** A list; empty when absent. */
export function listAt(fields: Fields, key: string): readonly unknown[] {
  const value = fields.values[key] ?? NO_ITEMS;
  if (Array.isArray(value)) return value;
  addUnexpected(fields.report, pathAt(fields, key), 'a list', value);
  return NO_ITEMS;
}

/** The entries of a list, each read by itself; those that read as `undefined` are left out. */
export function itemsAt<T>(
  fields: Fields,
  key: string,
  read: (value: unknown, path: string, report: Report, index: number) => T | undefined,
): T[] {
  const path = pathAt(fields, key);
  const items: T[] = [];
  for (const [index, value] of listAt(fields, key).entries()) {
    const item = read(value, `${path}[${index}]`, fields.report, index);
    if (item !== undefined) items.push(item);
  }
  return items;
}

/** The entries of a list of mappings; those that are none, or read as `undefined`, are left out. */
export function mappingsAt<T>(
  fields: Fields,
  key: string,
  read: (entry: Fields) => T | undefined,
): T[] {
  return itemsAt(fields, key, (values, path, report) => {
    if (isMapping(values)) return read({ values, path, report });
    addUnexpected(report, path, 'a mapping', values);
    return undefined;
  });
}

/** Text; `undefined` when absent. */
export function stringAt(fields: Fields, key: string): string | undefined {
  const value = fields.values[key] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  addUnexpected(fields.report, pathAt(fields, key), 'text', value);
  return undefined;
}

/** True or false, or what it means to be absent. */
export function booleanAt(fields: Fields, key: string, absent: boolean): boolean {
  const value = fields.values[key] ?? absent;
  if (typeof value === 'boolean') return value;
  addUnexpected(fields.report, pathAt(fields, key), 'true or false', value);
  return absent;
}

/** A range of whole numbers: "a port number from 1 to 65535". */
export interface IntegerRange {
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

/** A whole number, or what it means to be absent; `undefined`, and a problem, when it is none in the range. */
export function integerAt(
  fields: Fields,
  key: string,
  range: IntegerRange,
  absent?: number,
): number | undefined {
  const value = fields.values[key] ?? absent;
  const isInteger = typeof value === 'number' && Number.isInteger(value);
  if (isInteger && value >= range.from && value <= range.to) return value;
  const wanted = `${range.what} from ${range.from} to ${range.to}`;
  addUnexpected(fields.report, pathAt(fields, key), wanted, value);
  return undefined;
}

/** One of a few words, or what it means to be absent; `undefined`, and a problem, for anything else. */
export function choiceAt<T extends string>(
  fields: Fields,
  key: string,
  choices: readonly T[],
  absent?: T,
): T | undefined {
  const value = fields.values[key] ?? absent;
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) {
    addUnexpected(fields.report, pathAt(fields, key), choices.join(' or '), value);
  }
  return choice;
}

/** One of a few words; `undefined` when absent, and, with a problem, for anything else. */
export function optionalChoiceAt<T extends string>(
  fields: Fields,
  key: string,
  choices: readonly T[],
): T | undefined {
  return (fields.values[key] ?? undefined) === undefined
    ? undefined
    : choiceAt(fields, key, choices);
}

/** The path of a field; a key with dots, a label's, goes in brackets: `metadata.labels["a.b/c"]`. */
export function pathAt(fields: Fields, key: string): string {
  if (/[./]/.test(key)) return `${fields.path}[${JSON.stringify(key)}]`;
  return fields.path === '' ? key : `${fields.path}.${key}`;
}

// --- internal ---

function fieldsOf(value: unknown, path: string, report: Report): Fields {
  if (isMapping(value)) return { values: value, path, report };
  addUnexpected(report, path, 'a mapping', value);
  return { values: NOTHING, path, report };
}

const NOTHING: Mapping = Object.freeze({});
const NO_ITEMS: readonly unknown[] = Object.freeze([]);
