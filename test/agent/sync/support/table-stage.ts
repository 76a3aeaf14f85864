/** A table sync over a model of a kernel, and what happens on it. */
import { TableSync } from '../../../../agent/sync/table-sync.ts';
import type { KernelModel } from '../../../rules/nftables/support/kernel-model.ts';
import { makeSettings } from '../../../rules/nftables/support/settings.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../../../rules/services/builders.ts';
import { serviceKey } from '../../../../rules/services/keys.ts';
import type { Endpoint, ServiceKey, ServicePort } from '../../../../rules/services/types.ts';
import { clusterIp, podIp } from '../../../support/addresses.ts';
import { joinHostPort } from '../../../../rules/ip.ts';
import { FakeTransport } from './fake-transport.ts';

/** A table sync with everything around it. */
export class TableStage {
  readonly transport: FakeTransport;
  readonly sync: TableSync;
  /** What the table sync told its owner, as lines. */
  readonly #events: string[] = [];
  nowMs = 0;

  constructor(transport = new FakeTransport()) {
    this.transport = transport;
    this.sync = new TableSync({
      family: 'IPv4',
      settings: makeSettings('IPv4'),
      transport,
      events: {
        applied: ({ table, added, replaced, removed }) =>
          this.#events.push(`applied ${table} ${added + replaced + removed}`),
        quarantined: (service) => this.#events.push(`quarantined ${service}`),
        repairing: ({ code }) => this.#events.push(`repairing ${code}`),
        collectFailed: () => undefined,
      },
      now: () => this.nowMs,
    });
  }

  /** Sets Services with these numbers to so many endpoints each; 0 removes them. */
  set(endpointCount: number, ...numbers: number[]): void {
    for (const number of numbers) {
      const ports = endpointCount === 0 ? [] : [portOf(number, endpointCount)];
      this.sync.setPorts(keyOf(number), ports);
    }
  }

  /** What happened since the last call. */
  takeEvents(): string[] {
    return this.#events.splice(0);
  }

  /** How many endpoints the kernel has for a Service. */
  endpointsOf(number: number): number {
    return endpointsIn(this.transport.kernel, number);
  }
}

/** The key of a Service with a number. */
export function keyOf(number: number): ServiceKey {
  return serviceKey('default', `web-${number}`);
}

/** How many endpoints a kernel has for a Service with a number: what its verdict balances over. */
export function endpointsIn(kernel: KernelModel, number: number): number {
  const verdict = kernel.get('service-ips', `${clusterIp('IPv4', number)} . tcp . 80`)?.value;
  return Number(/endpoints-(\d+)(?:-\d+)?$/.exec(verdict ?? '')?.[1] ?? 0);
}

/** The port of the Service with a number; its endpoints are its own. */
export function portOf(number: number, endpointCount: number): ServicePort {
  const ip = clusterIp('IPv4', number);
  const endpoints = Array.from({ length: endpointCount }, (_, index) => endpointOf(number, index));
  return makeServicePort({
    service: keyOf(number),
    displayName: `default/web-${number}:http`,
    clusterIP: ip,
    frontends: [{ kind: 'ClusterIP', ip, protocol: 'tcp', port: 80 }],
    endpoints: makeChosen({ cluster: endpoints, all: endpoints, hasAny: true }),
  });
}

// --- internal ---

function endpointOf(number: number, index: number): Endpoint {
  const ip = podIp('IPv4', 2 + number, 1 + index);
  return makeEndpoint(2, 1, { ip, id: joinHostPort(ip, 8080) });
}
