/** Clusters for property tests: few names, addresses and ports, so that Services often meet. */
import fc from 'fast-check';
import { IP_FAMILIES, mergeCidrs, type IpFamily } from '../../../../rules/ip.ts';
import { serviceKey } from '../../../../rules/services/keys.ts';
import type {
  EndpointSlice,
  PortSpec,
  Service,
  ServiceKey,
  ServicePort,
} from '../../../../rules/services/types.ts';
import { createWorld, type World } from '../../../../rules/services/world.ts';
import { clusterIp, externalIp, podIp } from '../../../support/addresses.ts';
import { makeService, makeSlice, makeSliceEndpoint } from '../../services/builders.ts';
import { sourceRangesOf } from './settings.ts';

/** Service ports by Service, as a world hands them out. */
export type Ports = ReadonlyMap<ServiceKey, readonly ServicePort[]>;

/** What a cluster consists of. */
export interface Cluster {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
}

/** Any cluster. */
export const anyCluster: fc.Arbitrary<Cluster> = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'))
  .chain((names) => fc.tuple(...names.map((name) => fc.tuple(anyService(name), anySlices(name)))))
  .map((parts) => ({
    services: parts.map(([service]) => service),
    slices: parts.flatMap(([, slices]) => slices),
  }));

/** The service ports of a cluster, as node 1 sees them. */
export function portsOf(cluster: Cluster): Ports {
  const world = worldOf(cluster);
  world.checkOut();
  return world.allPorts();
}

/** What changes for node 1 when one cluster becomes another, in some order. */
export function portChanges(before: Cluster, after: Cluster): Ports {
  const world = worldOf(before);
  world.checkOut();
  addTo(world, after);
  const services = new Set(after.services.map(({ name }) => name));
  const slices = new Set(after.slices.map(({ name }) => name));
  for (const { namespace, name } of before.services) {
    if (!services.has(name)) world.deleteService(serviceKey(namespace, name));
  }
  for (const { namespace, name } of before.slices) {
    if (!slices.has(name)) world.deleteSlice(namespace, name);
  }
  return world.checkOut().ports;
}

// --- internal ---

function worldOf(cluster: Cluster): World {
  const world = createWorld();
  world.setNode({ name: 'node-1', zone: '', ips: [], podCIDRs: [], isEligible: true });
  addTo(world, cluster);
  return world;
}

function addTo(world: World, { services, slices }: Cluster): void {
  for (const service of services) world.upsertService(service);
  for (const slice of slices) world.upsertSlice(slice);
}

function anyService(name: string): fc.Arbitrary<Service> {
  return fc
    .record({
      createdAtMs: fc.nat(2),
      type: fc.constantFrom('ClusterIP', 'LoadBalancer'),
      clusterIPs: fc
        .nat(3)
        .map((number) => IP_FAMILIES.map((family) => clusterIp(family, 1 + number))),
      ports: anyPorts,
      externalIPs: fc.subarray(IP_FAMILIES.map((family) => externalIp(family, 1))),
      loadBalancerVIPs: fc.subarray(
        IP_FAMILIES.flatMap((family) => [externalIp(family, 1), externalIp(family, 2)]),
      ),
      sourceRanges: fc
        .subarray(IP_FAMILIES.flatMap((family) => sourceRangesOf(family)))
        .map((cidrs) => mergeCidrs(cidrs)),
      affinitySeconds: fc.constantFrom(undefined, undefined, 600, 10_800),
      internalPolicy: fc.constantFrom('Cluster', 'Local'),
      externalPolicy: fc.constantFrom('Cluster', 'Local'),
    })
    .map((fields) => makeService({ name, ...fields }));
}

const anyPorts: fc.Arbitrary<PortSpec[]> = fc
  .record({ web: fc.constantFrom(0, 30_080), dns: fc.constantFrom(0, 30_053, 30_054) })
  .chain(({ web, dns }) =>
    fc.subarray<PortSpec>(
      [
        { name: 'web', protocol: 'tcp', port: 80, nodePort: web },
        { name: 'dns', protocol: 'udp', port: 53, nodePort: dns },
        { name: 'dns-tcp', protocol: 'tcp', port: 53, nodePort: 0 },
      ],
      { minLength: 1 },
    ),
  );

function anySlices(service: string): fc.Arbitrary<EndpointSlice[]> {
  return fc.tuple(...IP_FAMILIES.map((family) => anySlice(service, family)));
}

function anySlice(service: string, family: IpFamily): fc.Arbitrary<EndpointSlice> {
  const pods = [
    { node: 1, pod: 1 },
    { node: 1, pod: 2 },
    { node: 2, pod: 1 },
    { node: 3, pod: 1 },
  ];
  const endpoint = fc
    .record({ at: fc.constantFrom(...pods), isUp: fc.constantFrom(true, true, true, false) })
    .map(({ at: { node, pod }, isUp }) =>
      makeSliceEndpoint({
        ip: podIp(family, node, pod),
        nodeName: `node-${node}`,
        ready: isUp,
        serving: isUp,
        terminating: !isUp,
      }),
    );
  return fc.array(endpoint, { maxLength: 5 }).map((endpoints) =>
    makeSlice({
      name: `${service}-${family.toLowerCase()}`,
      service: serviceKey('default', service),
      family,
      ports: [
        { name: 'web', protocol: 'tcp', port: 8080 },
        { name: 'dns', protocol: 'udp', port: 5353 },
        { name: 'dns-tcp', protocol: 'tcp', port: 5353 },
      ],
      endpoints,
    }),
  );
}
