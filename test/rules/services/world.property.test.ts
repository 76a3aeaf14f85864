import { expect } from 'chai';
import fc from 'fast-check';
import { serviceKey } from '../../../rules/services/keys.ts';
import type {
  EndpointSlice,
  NodeFacts,
  Service,
  ServicePort,
} from '../../../rules/services/types.ts';
import { createWorld, type World } from '../../../rules/services/world.ts';
import { clusterIp, externalIp, podIp } from '../../support/addresses.ts';
import { makeService, makeSlice, makeSliceEndpoint } from './builders.ts';

/** One thing that happens to a world; of all that happens to a subject the last one counts. */
interface Event {
  readonly subject: string;
  readonly happen: (world: World) => void;
}

const NAMES = ['a', 'b', 'c'] as const;
const name = fc.constantFrom(...NAMES);

/** Few values for everything, so that Services often want the same frontends. */
const service: fc.Arbitrary<Service> = fc
  .record({
    name,
    createdAtMs: fc.nat(2),
    type: fc.constantFrom('ClusterIP', 'LoadBalancer'),
    clusterIPs: fc.constantFrom(
      [clusterIp('IPv4', 1)],
      [clusterIp('IPv4', 2), clusterIp('IPv6', 2)],
      [clusterIp('IPv6', 3)],
    ),
    ports: fc.constantFrom(
      [{ name: 'http', protocol: 'tcp', port: 80, nodePort: 30080 } as const],
      [
        { name: 'http', protocol: 'tcp', port: 80, nodePort: 0 } as const,
        { name: 'dns', protocol: 'udp', port: 53, nodePort: 30080 } as const,
      ],
    ),
    externalIPs: fc.subarray([externalIp('IPv4', 1), externalIp('IPv6', 1)]),
    loadBalancerVIPs: fc.subarray([externalIp('IPv4', 1)]),
    internalPolicy: fc.constantFrom('Cluster', 'Local'),
    externalPolicy: fc.constantFrom('Cluster', 'Local'),
  })
  .map(makeService);

const sliceEndpoint = fc
  .record({
    ip: fc.constantFrom(...[1, 2, 3].map((pod) => podIp('IPv4', 1, pod))),
    ready: fc.boolean(),
    serving: fc.boolean(),
    terminating: fc.boolean(),
    nodeName: fc.constantFrom('node-1', 'node-2'),
    zoneHints: fc.subarray(['a', 'b']),
  })
  .map(makeSliceEndpoint);

const slice: fc.Arbitrary<EndpointSlice> = fc
  .record({
    name,
    service: name.map((of) => serviceKey('default', of)),
    endpoints: fc.array(sliceEndpoint, { maxLength: 3 }),
  })
  .map(makeSlice);

const node = fc.record({
  name: fc.constantFrom('node-1', 'node-2'),
  zone: fc.constantFrom('', 'a'),
});

const upsertService = (it: Service): Event => ({
  subject: `service ${it.name}`,
  happen: (world) => {
    world.upsertService(it);
  },
});

const deleteService = (it: string): Event => ({
  subject: `service ${it}`,
  happen: (world) => {
    world.deleteService(serviceKey('default', it));
  },
});

const upsertSlice = (it: EndpointSlice): Event => ({
  subject: `slice ${it.name}`,
  happen: (world) => {
    world.upsertSlice(it);
  },
});

const deleteSlice = (it: string): Event => ({
  subject: `slice ${it}`,
  happen: (world) => {
    world.deleteSlice('default', it);
  },
});

const setNode = (it: Pick<NodeFacts, 'name' | 'zone'>): Event => ({
  subject: 'node',
  happen: (world) => {
    world.setNode({ ...it, ips: [], podCIDRs: [], isEligible: true });
  },
});

const event: fc.Arbitrary<Event> = fc.oneof(
  service.map(upsertService),
  name.map(deleteService),
  slice.map(upsertSlice),
  name.map(deleteSlice),
  node.map(setNode),
);

describe('world, in any order of events', () => {
  it('ends the same, whatever the order of arrival and however often it is checked out', () => {
    const objects = fc.tuple(
      fc.uniqueArray(service.map(upsertService), { selector: ({ subject }) => subject }),
      fc.uniqueArray(slice.map(upsertSlice), { selector: ({ subject }) => subject }),
      fc.tuple(node.map(setNode)),
    );
    const arrivals = objects.chain((groups) => {
      const events = groups.flat();
      const shuffled = fc.shuffledSubarray(events, { minLength: events.length });
      return fc.tuple(fc.constant(events), shuffled, fc.array(fc.boolean(), { maxLength: 8 }));
    });
    fc.assert(
      fc.property(arrivals, ([events, shuffled, checkOutAfter]) => {
        const mixed = createWorld();
        for (const [i, { happen }] of shuffled.entries()) {
          happen(mixed);
          if (checkOutAfter[i] === true) mixed.checkOut();
        }
        expect(stateOf(mixed)).to.deep.equal(stateOf(worldOf(events)));
      }),
    );
  });

  it('computes by increments what it would compute from the last objects alone', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const world = createWorld();
        for (const { happen } of events) {
          happen(world);
          world.checkOut();
        }
        const last = new Map(events.map((it) => [it.subject, it]));
        expect(stateOf(world)).to.deep.equal(stateOf(worldOf(last.values())));
      }),
    );
  });

  it('reports exactly what differs from the last check-out', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const world = createWorld();
        const mirror = new Map<string, readonly ServicePort[]>();
        for (const { happen } of events) {
          happen(world);
          const before = new Map(mirror);
          for (const [key, ports] of world.checkOut().ports) {
            expect(ports).to.not.deep.equal(before.get(key) ?? []);
            if (ports.length === 0) mirror.delete(key);
            else mirror.set(key, ports);
          }
          expect([...mirror].sort(byKey)).to.deep.equal([...world.allPorts()].sort(byKey));
        }
      }),
    );
  });

  it('gives every frontend to one service port', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const world = worldOf(events);
        world.checkOut();
        const holders = [...world.allPorts().values()]
          .flat()
          .flatMap(({ family, frontends }) =>
            frontends.map((it) => `${family} ${it.ip ?? 'nodeport'} ${it.protocol} ${it.port}`),
          );
        expect(holders).to.have.lengthOf(new Set(holders).size);
      }),
    );
  });
});

function worldOf(events: Iterable<Event>): World {
  const world = createWorld();
  for (const { happen } of events) happen(world);
  return world;
}

/** Everything a world answers, in an order of its own. */
function stateOf(world: World): object {
  world.checkOut();
  return {
    ports: [...world.allPorts()].sort(byKey),
    conflicts: world.conflicts(),
    serviceCount: world.serviceCount,
  };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
