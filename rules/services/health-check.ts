/** The health-check node port of a Service: how load balancers find the nodes with endpoints (6.2). */
import type { IpFamily } from '../ip.ts';
import type { ServiceKey, ServicePort } from './types.ts';

/** What a health-check node port says. */
export interface HealthCheck {
  readonly service: ServiceKey;
  /** The node port. */
  readonly port: number;
  /** How many addresses on this node take new connections; terminating ones never count. */
  readonly localEndpoints: number;
}

/** The health check of a Service with these ports, in one family; `undefined` when it has none there. */
export function healthCheckOf(
  ports: readonly ServicePort[],
  family: IpFamily,
): HealthCheck | undefined {
  const ours = ports.filter((port) => port.family === family && port.healthCheckNodePort !== 0);
  const [first] = ours;
  if (first === undefined) return undefined;
  const endpoints = ours.flatMap((port) => port.endpoints.all);
  const ready = endpoints.filter(({ isLocal, ready: isReady }) => isLocal && isReady);
  return {
    service: first.service,
    port: first.healthCheckNodePort,
    localEndpoints: new Set(ready.map(({ ip }) => ip)).size,
  };
}
