/** The keys that things are kept under, and what people read instead. */
import type { PortSpec, Service, ServiceKey, ServicePortKey } from './types.ts';

/** `namespace/name`. */
export function serviceKey(namespace: string, name: string): ServiceKey {
  return `${namespace}/${name}` as ServiceKey;
}

/** `namespace/name:portname/protocol`, or `namespace/name/protocol` for an unnamed port. */
export function servicePortKey(service: Service, port: PortSpec): ServicePortKey {
  return `${displayName(service, port)}/${port.protocol}` as ServicePortKey;
}

/** `namespace/name:portname`, or `namespace/name` for an unnamed port. */
export function displayName(service: Service, port: PortSpec): string {
  const key = serviceKey(service.namespace, service.name);
  return port.name === '' ? key : `${key}:${port.name}`;
}
