/** JSON as the test API server handles it. */

/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: Json;
}

/** Whether a value is an object; a list is not. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object at a key; an empty one when there is none. */
export function objectAt(value: JsonObject, key: string): JsonObject {
  const child = value[key];
  return isObject(child) ? child : {};
}

/** The text at a key; empty when there is none. */
export function textAt(value: JsonObject, key: string): string {
  const child = value[key];
  return typeof child === 'string' ? child : '';
}

/** A Kubernetes object without its kind and apiVersion. */
export function untyped(object: JsonObject): JsonObject {
  return without(object, (key) => key === 'kind' || key === 'apiVersion');
}

/** An object without some of its keys. */
export function without(object: JsonObject, isGone: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !isGone(key)));
}

/** The objects in the list at a key; none when there is no list. */
export function objectsAt(value: JsonObject, key: string): JsonObject[] {
  const child = value[key];
  return Array.isArray(child) ? child.filter(isObject) : [];
}
