/** The EndpointSlices of every Service, whether the Service exists or not. */
import { isDeepStrictEqual } from 'node:util';
import type { EndpointSlice, ServiceKey } from './types.ts';

/** Slices by Service. Changes answer the Services whose endpoints may differ now. */
export interface SliceStore {
  /** Stores a slice. One that moves to another Service leaves the former one. */
  put(slice: EndpointSlice): readonly ServiceKey[];
  remove(namespace: string, name: string): readonly ServiceKey[];
  /** In no particular order. */
  of(service: ServiceKey): readonly EndpointSlice[];
}

/** No slices. */
export function createSliceStore(): SliceStore {
  const byName = new Map<string, EndpointSlice>();
  const byService = new Map<ServiceKey, readonly EndpointSlice[]>();

  function detach(slice: EndpointSlice): void {
    const rest = (byService.get(slice.service) ?? []).filter((other) => other !== slice);
    if (rest.length === 0) byService.delete(slice.service);
    else byService.set(slice.service, rest);
  }

  return {
    put(slice) {
      const name = nameOf(slice.namespace, slice.name);
      const before = byName.get(name);
      if (isDeepStrictEqual(before, slice)) return [];
      if (before !== undefined) detach(before);
      byName.set(name, slice);
      byService.set(slice.service, [...(byService.get(slice.service) ?? []), slice]);
      return before === undefined ? [slice.service] : [before.service, slice.service];
    },
    remove(namespace, name) {
      const before = byName.get(nameOf(namespace, name));
      if (before === undefined) return [];
      detach(before);
      byName.delete(nameOf(namespace, name));
      return [before.service];
    },
    of: (service) => byService.get(service) ?? [],
  };
}

// --- internal ---

function nameOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
