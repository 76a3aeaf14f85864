/** Clusters to write whole rulesets for: between them they have everything that makes a rule. */
import { IP_FAMILIES, type IpFamily } from '../../../../rules/ip.ts';
import { serviceKey } from '../../../../rules/services/keys.ts';
import type { EndpointSlice, PortSpec, Service } from '../../../../rules/services/types.ts';
import type { RuleSettings } from '../../../../rules/settings.ts';
import { clusterIp, externalIp, podIp } from '../../../support/addresses.ts';
import { makeService, makeSlice, makeSliceEndpoint } from '../../services/builders.ts';
import type { Cluster } from './clusters.ts';
import { sourceRangesOf } from './settings.ts';

const HTTP: PortSpec = { name: 'http', protocol: 'tcp', port: 80, nodePort: 0 };
const DNS: PortSpec = { name: 'dns', protocol: 'udp', port: 53, nodePort: 0 };
const SIGNALS: PortSpec = { name: 'signals', protocol: 'sctp', port: 3868, nodePort: 0 };

/** A cluster and what is special about its node. */
export interface GoldenWorld {
  readonly name: string;
  readonly settings?: Partial<RuleSettings>;
  readonly cluster: Cluster;
}

/** All of them. */
export const WORLDS: readonly GoldenWorld[] = [
  { name: 'no-services', cluster: clusterOf() },
  {
    name: 'open-settings',
    settings: {
      masqueradeMark: 0x8000,
      masqueradeAll: true,
      localDetector: { kind: 'interface-prefix', prefix: 'veth' },
      nodePorts: { matchAll: true },
      serviceCidrs: [],
    },
    cluster: clusterOf(),
  },
  {
    name: 'unknown-pods',
    settings: { localDetector: undefined },
    cluster: clusterOf(),
  },
  {
    name: 'cluster-ips',
    cluster: clusterOf(
      numbered(1, { ports: [HTTP, DNS, SIGNALS] }),
      numbered(2, { internalPolicy: 'Local' }),
      numbered(3, { internalPolicy: 'Local' }, [2]),
      numbered(4, {}, []),
      numbered(5, { affinitySeconds: 10_800 }),
    ),
  },
  {
    name: 'external',
    cluster: clusterOf(
      numbered(1, { type: 'NodePort', ports: [{ ...HTTP, nodePort: 30_080 }] }),
      numbered(2, {
        type: 'LoadBalancer',
        externalPolicy: 'Local',
        affinitySeconds: 600,
        ports: [{ ...DNS, nodePort: 30_053 }],
        loadBalancerVIPs: IP_FAMILIES.map((family) => externalIp(family, 1)),
        sourceRanges: IP_FAMILIES.flatMap((family) => sourceRangesOf(family)[1] ?? []),
      }),
      numbered(3, { externalIPs: IP_FAMILIES.map((family) => externalIp(family, 2)) }),
      numbered(
        4,
        {
          type: 'NodePort',
          externalPolicy: 'Local',
          ports: [{ ...HTTP, nodePort: 30_081 }],
        },
        [2],
      ),
    ),
  },
];

/** One whose endpoints are the userspace proxy's listeners, which are guarded. */
export const LISTENERS: GoldenWorld = {
  name: 'listeners',
  settings: { listenerGuard: 'translation and socket' },
  cluster: clusterOf(numbered(1, {}, [1])),
};

// --- internal ---

/** A Service with this ClusterIP in both families, and a pod on each of these nodes, numbered from 1. */
function numbered(
  number: number,
  fields: Partial<Service>,
  nodes: readonly number[] = [1, 2, 3],
): { service: Service; slices: EndpointSlice[] } {
  const service = makeService({
    name: `web-${number}`,
    clusterIPs: IP_FAMILIES.map((family) => clusterIp(family, number)),
    ports: [HTTP],
    ...fields,
  });
  return { service, slices: IP_FAMILIES.map((family) => sliceOf(service, family, nodes)) };
}

function sliceOf(
  { name, ports }: Service,
  family: IpFamily,
  nodes: readonly number[],
): EndpointSlice {
  return makeSlice({
    name: `${name}-${family}`,
    service: serviceKey('default', name),
    family,
    ports: ports.map((port) => ({ ...port, port: port.port + 8000 })),
    endpoints: nodes.map((node) =>
      makeSliceEndpoint({ ip: podIp(family, node, 1), nodeName: `node-${node}` }),
    ),
  });
}

function clusterOf(...parts: { service: Service; slices: EndpointSlice[] }[]): Cluster {
  return {
    services: parts.map(({ service }) => service),
    slices: parts.flatMap(({ slices }) => slices),
  };
}
