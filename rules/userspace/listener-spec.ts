/** What the userspace proxy is asked to serve: data that a mode works out and the proxy obeys. */
import type { Ip, IpFamily } from '../ip.ts';
import type { LoadBalancing } from '../services/load-balancing.ts';
import type { Endpoint, ServicePortKey } from '../services/types.ts';

/** One listener: where clients come in, and where they may be sent. */
export interface ListenerSpec {
  /**
   * Its identity among all listeners of a proxy: a spec with a known id changes that listener and
   * keeps its connections, its turn and its port. A service port whose traffic has several endpoint
   * lists (traffic policies) needs a listener for each.
   */
  readonly id: string;
  /** In whose name it counts. */
  readonly servicePort: ServicePortKey;
  readonly family: IpFamily;
  readonly protocol: 'tcp' | 'udp';
  /** The addresses that it listens at: all of them share one balancer and one affinity table. */
  readonly ips: readonly Ip[];
  /** The port, the same at all addresses; `undefined` lets the proxy allocate one. */
  readonly port: number | undefined;
  /**
   * Where new connections may go, each id once. With none, connections are reset and datagrams are
   * dropped. One that is left out keeps the connections it has until the drain limit.
   */
  readonly endpoints: readonly ListenerEndpoint[];
  readonly loadBalancing: LoadBalancing;
  /** How long a client stays with its endpoint after its last connection; `undefined`: it does not. */
  readonly affinitySeconds: number | undefined;
  /** Whether endpoints get a PROXY protocol v2 header, with the client's address, before any data. TCP only. */
  readonly sendsProxyHeader: boolean;
}

/** What of an endpoint matters here; an `Endpoint` is one. */
export type ListenerEndpoint = Pick<Endpoint, 'id' | 'ip' | 'port' | 'weight'>;
