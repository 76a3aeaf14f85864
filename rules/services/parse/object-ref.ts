/** Names an object in error text, however broken the object is. */
import { isMapping } from './mapping.ts';
import { quoted } from './quoted.ts';

/** Which object it is; every field is empty when it is absent or not text. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  /** `default` for a Service or EndpointSlice that names none, as kubectl has it. */
  readonly namespace: string;
  readonly name: string;
}

/** The namespace of a namespaced object that names none. */
export const DEFAULT_NAMESPACE = 'default';

/**
 * Reads what identifies an object; never fails. The items of an API server's list carry no kind of
 * their own: give it.
 */
export function objectRef(raw: unknown, kind: string = textIn(raw, 'kind')): ObjectRef {
  const metadata = isMapping(raw) ? raw.metadata : undefined;
  const namespace = textIn(metadata, 'namespace');
  const isNamespaced = kind === 'Service' || kind === 'EndpointSlice';
  return {
    apiVersion: textIn(raw, 'apiVersion'),
    kind,
    namespace: namespace === '' && isNamespaced ? DEFAULT_NAMESPACE : namespace,
    name: textIn(metadata, 'name'),
  };
}

/** `Service default/web`, `Node node-1`; names that no API server would take are quoted and shortened. */
export function describeObject(ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string {
  const kind = ref.kind === '' ? 'object' : nameText(ref.kind);
  const name = ref.name === '' ? '(no name)' : nameText(ref.name);
  return ref.namespace === '' ? `${kind} ${name}` : `${kind} ${nameText(ref.namespace)}/${name}`;
}

// --- internal ---

function textIn(raw: unknown, key: string): string {
  const value = isMapping(raw) ? raw[key] : undefined;
  return typeof value === 'string' ? value : '';
}

function nameText(name: string): string {
  return /^[A-Za-z0-9.-]{1,253}$/.test(name) ? name : quoted(name);
}
