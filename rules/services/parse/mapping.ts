/** What YAML and JSON call a mapping or an object. */
export type Mapping = Readonly<Record<string, unknown>>;

/** Whether a value from outside is a mapping; a list is not. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
