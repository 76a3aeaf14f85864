import { expect } from 'chai';
import type { Cidr } from '../../../rules/ip.ts';
import { serviceKey } from '../../../rules/services/keys.ts';
import type { NodeFacts } from '../../../rules/services/types.ts';
import { createWorld, type Changes, type World } from '../../../rules/services/world.ts';
import { clusterIp, externalIp, nodeIp, podIp, SERVICE_CIDR } from '../../support/addresses.ts';
import { makeService, makeSlice, makeSliceEndpoint } from './builders.ts';

const WEB = serviceKey('default', 'web');
const API = serviceKey('default', 'api');
const NODE: NodeFacts = {
  name: 'node-1',
  zone: 'a',
  ips: [nodeIp('IPv4', 1)],
  podCIDRs: [],
  isEligible: true,
};

const apiService = makeService({ name: 'api', clusterIPs: [clusterIp('IPv4', 2)] });
const apiSlice = makeSlice({ name: 'api-1', service: API });
const twoEndpoints = [makeSliceEndpoint(), makeSliceEndpoint({ ip: podIp('IPv4', 2, 1) })];

describe('world', () => {
  it('is empty at first', () => {
    const world = createWorld();
    expect(summaryOf(world.checkOut())).to.deep.equal({ services: {}, recomputed: 0 });
    expect(world.serviceCount).to.equal(0);
    expect(world.allPorts().size).to.equal(0);
    expect(world.portsOf(WEB)).to.deep.equal([]);
    expect(world.conflicts()).to.deep.equal([]);
    expect(world.node).to.deep.equal({
      name: '',
      zone: '',
      ips: [],
      podCIDRs: [],
      isEligible: false,
    });
  });

  it('answers a Service and its endpoints, whichever came first', () => {
    for (const isServiceFirst of [true, false]) {
      const world = createWorld();
      if (isServiceFirst) world.upsertService(makeService());
      world.upsertSlice(makeSlice());
      if (!isServiceFirst) world.upsertService(makeService());
      expect(summaryOf(world.checkOut())).to.deep.equal({
        services: { [WEB]: [1] },
        recomputed: 1,
      });
      expect(world.serviceCount).to.equal(1);
    }
  });

  it('keeps a slice without a Service silently', () => {
    const world = createWorld();
    world.upsertSlice(makeSlice());
    expect(summaryOf(world.checkOut())).to.deep.equal({ services: {}, recomputed: 0 });
    world.upsertService(makeService());
    expect(summaryOf(world.checkOut()).services).to.deep.equal({ [WEB]: [1] });
  });

  it('lists both families of a Service, IPv4 first', () => {
    const world = createWorld();
    world.upsertService(makeService({ clusterIPs: [clusterIp('IPv6', 1), clusterIp('IPv4', 1)] }));
    world.checkOut();
    expect(world.portsOf(WEB).map(({ family }) => family)).to.deep.equal(['IPv4', 'IPv6']);
  });

  it('drops the ports of a family that a Service lost, and keeps the others as they are', () => {
    const world = createWorld();
    const dual = makeService({ clusterIPs: [clusterIp('IPv4', 1), clusterIp('IPv6', 1)] });
    world.upsertService(dual);
    world.checkOut();
    const [before] = world.portsOf(WEB);
    world.upsertService(makeService());
    expect(world.checkOut().ports.get(WEB)).to.have.lengthOf(1);
    expect(world.portsOf(WEB)[0]).to.equal(before);
  });

  describe('after one change among two Services', () => {
    const changes: {
      name: string;
      change: (world: World) => void;
      services: object;
      recomputed: number;
    }[] = [
      {
        name: 'recomputes only the Service of a slice that changed',
        change: (world) => {
          world.upsertSlice(makeSlice({ endpoints: twoEndpoints }));
        },
        services: { [WEB]: [2] },
        recomputed: 1,
      },
      {
        name: 'recomputes only the Service of a slice that came',
        change: (world) => {
          world.upsertSlice(makeSlice({ name: 'web-2', endpoints: twoEndpoints }));
        },
        services: { [WEB]: [2] },
        recomputed: 1,
      },
      {
        name: 'recomputes only the Service of a slice that went',
        change: (world) => {
          world.deleteSlice('default', 'web-1');
        },
        services: { [WEB]: [0] },
        recomputed: 1,
      },
      {
        name: 'recomputes both Services of a slice that moved',
        change: (world) => {
          world.upsertSlice(makeSlice({ service: API, endpoints: twoEndpoints }));
        },
        services: { [WEB]: [0], [API]: [2] },
        recomputed: 2,
      },
      {
        name: 'recomputes a Service that changed',
        change: (world) => {
          world.upsertService(makeService({ affinitySeconds: 60 }));
        },
        services: { [WEB]: [1] },
        recomputed: 1,
      },
      {
        name: 'says that a Service is gone, without computing',
        change: (world) => {
          world.deleteService(WEB);
        },
        services: { [WEB]: [] },
        recomputed: 0,
      },
      {
        name: 'says nothing of a Service that went and came back',
        change: (world) => {
          world.deleteService(WEB);
          world.upsertService(makeService());
        },
        services: {},
        recomputed: 1,
      },
      {
        name: 'says nothing of a slice that went and came back',
        change: (world) => {
          world.deleteSlice('default', 'web-1');
          world.upsertSlice(makeSlice());
        },
        services: {},
        recomputed: 1,
      },
      {
        name: 'does nothing for an equal Service',
        change: (world) => {
          world.upsertService(makeService());
        },
        services: {},
        recomputed: 0,
      },
      {
        name: 'does nothing for an equal slice',
        change: (world) => {
          world.upsertSlice(makeSlice());
        },
        services: {},
        recomputed: 0,
      },
      {
        name: 'does nothing when what nobody knew goes',
        change: (world) => {
          world.deleteSlice('default', 'unknown');
          world.deleteService(serviceKey('default', 'unknown'));
        },
        services: {},
        recomputed: 0,
      },
      {
        name: 'reports nothing when an endpoint only moved to another slice',
        change: (world) => {
          world.upsertSlice(makeSlice({ name: 'web-2' }));
          world.upsertSlice(makeSlice({ endpoints: [] }));
        },
        services: {},
        recomputed: 1,
      },
      {
        name: 'reports nothing when a slice changed in a port that the Service has not',
        change: (world) => {
          const other = { name: 'metrics', protocol: 'tcp', port: 9000 } as const;
          world.upsertSlice(makeSlice({ ports: [...makeSlice().ports, other] }));
        },
        services: {},
        recomputed: 1,
      },
    ];
    for (const { name, change, services, recomputed } of changes) {
      it(name, () => {
        const world = settledWorld();
        change(world);
        expect(summaryOf(world.checkOut())).to.deep.equal({ services, recomputed });
        expect(summaryOf(world.checkOut())).to.deep.equal({ services: {}, recomputed: 0 });
      });
    }
  });

  it('keeps the identity of ports that did not change', () => {
    const http = { name: 'http', protocol: 'tcp', port: 80, nodePort: 0 } as const;
    const dns = { name: 'dns', protocol: 'udp', port: 53, nodePort: 0 } as const;
    const world = createWorld();
    world.upsertService(makeService({ ports: [http, dns] }));
    world.checkOut();
    const [, before] = world.portsOf(WEB);
    world.upsertService(makeService({ ports: [dns, { ...http, port: 81 }] }));
    world.checkOut();
    const [after, changed] = world.portsOf(WEB);
    expect(after).to.equal(before);
    expect(changed?.frontends[0]?.port).to.equal(81);
  });

  it('forgets a Service that is gone', () => {
    const world = settledWorld();
    world.deleteService(WEB);
    world.checkOut();
    expect([...world.allPorts().keys()]).to.deep.equal([API]);
    expect(world.portsOf(WEB)).to.deep.equal([]);
    expect(world.serviceCount).to.equal(1);
  });

  describe('the node', () => {
    it('makes every Service be looked at when its name or zone changes', () => {
      for (const change of [{ name: 'node-2' }, { zone: 'b' }]) {
        const world = settledWorld();
        world.setNode({ ...NODE, ...change });
        const changes = world.checkOut();
        expect(changes.recomputed).to.equal(2);
        expect(changes.nodeChanged).to.equal(true);
      }
    });

    it('changes which endpoints are local', () => {
      const world = createWorld();
      world.setNode(NODE);
      world.upsertService(makeService({ internalPolicy: 'Local' }));
      world.upsertSlice(makeSlice());
      world.checkOut();
      expect(world.portsOf(WEB)[0]?.endpoints.local).to.have.lengthOf(1);
      world.setNode({ ...NODE, name: 'node-2' });
      expect([...world.checkOut().ports.keys()]).to.deep.equal([WEB]);
      expect(world.portsOf(WEB)[0]?.endpoints.local).to.deep.equal([]);
    });

    it('is said to have changed, without recomputing, when only its addresses did', () => {
      for (const change of [{ ips: [] }, { podCIDRs: ['10.244.1.0/24' as Cidr] }]) {
        const world = settledWorld();
        world.setNode({ ...NODE, ...change });
        const changes = world.checkOut();
        expect(changes.recomputed).to.equal(0);
        expect(changes.nodeChanged).to.equal(true);
        expect(world.checkOut().nodeChanged).to.equal(false);
      }
    });

    it('is not said to have changed when it is the same again', () => {
      const world = settledWorld();
      world.setNode({ ...NODE, ips: [] });
      world.setNode({ ...NODE });
      expect(world.checkOut().nodeChanged).to.equal(false);
    });
  });

  describe('ServiceCIDRs', () => {
    it('come from all objects, by family, without overlaps', () => {
      const world = createWorld();
      world.setServiceCidrs('kubernetes', [SERVICE_CIDR.IPv4, SERVICE_CIDR.IPv6]);
      world.setServiceCidrs('wide', ['10.96.0.0/12' as Cidr]);
      expect(world.serviceCidrs('IPv4')).to.deep.equal(['10.96.0.0/12']);
      expect(world.serviceCidrs('IPv6')).to.deep.equal([SERVICE_CIDR.IPv6]);
      expect(world.checkOut().serviceCidrsChanged).to.equal(true);
      expect(world.checkOut().serviceCidrsChanged).to.equal(false);
    });

    it('stay while another object names them', () => {
      const world = createWorld();
      world.setServiceCidrs('a', [SERVICE_CIDR.IPv4]);
      world.setServiceCidrs('b', [SERVICE_CIDR.IPv4]);
      world.checkOut();
      world.setServiceCidrs('a', undefined);
      expect(world.checkOut().serviceCidrsChanged).to.equal(false);
      expect(world.serviceCidrs('IPv4')).to.deep.equal([SERVICE_CIDR.IPv4]);
      world.setServiceCidrs('b', undefined);
      expect(world.checkOut().serviceCidrsChanged).to.equal(true);
      expect(world.serviceCidrs('IPv4')).to.deep.equal([]);
    });
  });

  describe('two Services that want one address', () => {
    const shared = [externalIp('IPv4', 1)];
    const older = makeService({ createdAtMs: 1, externalIPs: shared });
    const newer = { ...apiService, createdAtMs: 2, externalIPs: shared };
    const contest = (): World => {
      const world = createWorld();
      for (const service of [newer, older]) world.upsertService(service);
      world.checkOut();
      return world;
    };
    const kindsOf = (world: World, key: typeof WEB): string[] =>
      world.portsOf(key).flatMap(({ frontends }) => frontends.map(({ kind }) => kind));

    it('leave it to the older, and the newer is reported', () => {
      const world = contest();
      expect(kindsOf(world, WEB)).to.deep.equal(['ClusterIP', 'ExternalIP']);
      expect(kindsOf(world, API)).to.deep.equal(['ClusterIP']);
      expect(world.conflicts().map(({ object }) => object)).to.deep.equal(['Service default/api']);
    });

    it('pass it to the newer when the older goes', () => {
      const world = contest();
      world.deleteService(WEB);
      expect([...world.checkOut().ports.keys()]).to.have.members([WEB, API]);
      expect(kindsOf(world, API)).to.deep.equal(['ClusterIP', 'ExternalIP']);
      expect(world.conflicts()).to.deep.equal([]);
    });

    it('take it from the newer when the older comes later', () => {
      const world = createWorld();
      world.upsertService(newer);
      world.checkOut();
      expect(kindsOf(world, API)).to.deep.equal(['ClusterIP', 'ExternalIP']);
      world.upsertService(older);
      const changes = world.checkOut();
      expect([...changes.ports.keys()]).to.have.members([WEB, API]);
      expect(kindsOf(world, API)).to.deep.equal(['ClusterIP']);
    });
  });
});

/** Two Services with an endpoint each, nothing left to check out. */
function settledWorld(): World {
  const world = createWorld();
  world.setNode(NODE);
  for (const service of [makeService(), apiService]) world.upsertService(service);
  for (const slice of [makeSlice(), apiSlice]) world.upsertSlice(slice);
  world.checkOut();
  return world;
}

/** The Services that changed, each with the number of endpoints of its ports. */
function summaryOf({ ports, recomputed }: Changes): { services: object; recomputed: number } {
  const services = [...ports].map(([key, list]) => [
    key,
    list.map((it) => it.endpoints.all.length),
  ]);
  return { services: Object.fromEntries(services) as object, recomputed };
}
