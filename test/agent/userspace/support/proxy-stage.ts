/** A userspace proxy for tests: one listener or a few on loopback, and clients of them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type {
  ListenFailure,
  PortCounters,
  Resource,
  UserspaceProxy,
} from '../../../../agent/userspace/interface.ts';
import type { ProxyLimits } from '../../../../agent/userspace/limits.ts';
import { createUserspaceProxy } from '../../../../agent/userspace/userspace-proxy.ts';
import type { ServicePortKey } from '../../../../rules/services/types.ts';
import type { ListenerSpec } from '../../../../rules/userspace/listener-spec.ts';
import { LOOPBACK } from '../../../support/addresses.ts';

/** What the proxy has told. */
export interface Told {
  readonly failures: ListenFailure[];
  readonly exhausted: Resource[];
  readonly recovered: Resource[];
  readonly forgotten: ServicePortKey[];
}

/** A proxy with what it tells, and short words for what tests do. */
export interface ProxyStage {
  readonly proxy: UserspaceProxy;
  readonly told: Told;
  /** One owner's listeners from now on. */
  apply(...specs: readonly ListenerSpec[]): Promise<readonly ListenFailure[]>;
  /** A connection to a listener, open. */
  open(spec: ListenerSpec): Promise<Socket>;
  /** What comes from a listener until the end, after the client has sent this and ended. */
  ask(spec: ListenerSpec, request?: string): Promise<string>;
  /** The counts of a service port. */
  counts(spec: ListenerSpec): PortCounters | undefined;
  stop(): Promise<void>;
}

/** A proxy without listeners, that sweeps often. */
export function createStage(limits: Partial<ProxyLimits> = {}): ProxyStage {
  const told: Told = { failures: [], exhausted: [], recovered: [], forgotten: [] };
  const proxy = createUserspaceProxy({
    limits: { sweepMs: 20, ...limits },
    observers: [
      {
        listenFailed: (failure) => told.failures.push(failure),
        exhausted: (resource) => told.exhausted.push(resource),
        recovered: (resource) => told.recovered.push(resource),
        forgotten: (servicePort) => told.forgotten.push(servicePort),
      },
    ],
  });
  const open = async (spec: ListenerSpec): Promise<Socket> => {
    const port = proxy.portOf(spec.id) ?? 0;
    const socket = connect({ host: spec.ips[0], port, allowHalfOpen: true });
    await once(socket, 'connect');
    // Resets are what some tests want, and what others leave behind when they end.
    socket.on('error', () => undefined);
    return socket;
  };
  return {
    proxy,
    told,
    apply: (...specs) => proxy.apply(new Map([['default/web', specs]])),
    open,
    async ask(spec, request = '') {
      const socket = await open(spec);
      socket.end(request);
      return text(socket);
    },
    counts: (spec) =>
      [...proxy.counters()].find(({ servicePort }) => servicePort === spec.servicePort),
    stop: () => proxy.stop(0),
  };
}

/** A TCP listener of default/web at a port that is allocated; no two tests have the same one. */
export function makeSpec(fields: Partial<ListenerSpec> = {}): ListenerSpec {
  specs += 1;
  return {
    // Other runs of these tests on the same machine must not come to the same port.
    id: `${process.pid} ${specs}`,
    servicePort: 'default/web:http/tcp' as ServicePortKey,
    family: 'IPv4',
    protocol: 'tcp',
    ips: [LOOPBACK.IPv4],
    port: undefined,
    endpoints: [],
    loadBalancing: 'round-robin',
    affinitySeconds: undefined,
    sendsProxyHeader: false,
    ...fields,
  };
}

// --- internal ---

let specs = 0;
