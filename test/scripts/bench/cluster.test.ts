import { expect } from 'chai';
import { cidrContains } from '../../../rules/ip.ts';
import { createWorld, type World } from '../../../rules/services/world.ts';
import {
  fillWorld,
  initialPods,
  makeService,
  makeSlice,
  NODE,
  POD_CIDR,
  SERVICE_CIDR,
} from '../../../scripts/bench/cluster.ts';

describe('the made-up cluster', () => {
  it('has as many service ports as asked for, each with as many endpoints', () => {
    const ports = portsOf({ services: 300, endpoints: 4 });
    expect(ports).to.have.length(300);
    expect(ports.every(({ endpoints }) => endpoints.cluster.length === 4)).to.be.true;
  });

  it('gives every Service and every pod an address of its own', () => {
    const ports = portsOf({ services: 300, endpoints: 4 });
    expect(new Set(ports.map(({ clusterIP }) => clusterIP))).to.have.property('size', 300);
    const pods = ports.flatMap(({ endpoints }) => endpoints.all.map(({ ip }) => ip));
    expect(new Set(pods)).to.have.property('size', 1_200);
  });

  it('has one pod of a thousand on this node', () => {
    const ports = portsOf({ services: 500, endpoints: 4 });
    const local = ports.flatMap(({ endpoints }) => endpoints.all).filter(({ isLocal }) => isLocal);
    expect(local).to.have.length(2);
    expect(NODE.ips.some((ip) => cidrContains(POD_CIDR, ip))).to.be.false;
  });

  it('stays in its networks up to its largest size', () => {
    const [clusterIP] = makeService(499_999).clusterIPs;
    expect(clusterIP).to.satisfy((ip: typeof clusterIP) => ip && cidrContains(SERVICE_CIDR, ip));
    const { endpoints } = makeSlice(499_999, initialPods(499_999, 10));
    expect(endpoints.every(({ ip }) => cidrContains(POD_CIDR, ip))).to.be.true;
  });
});

// --- internal ---

function portsOf(size: { services: number; endpoints: number }) {
  const world: World = createWorld();
  fillWorld(world, size);
  return [...world.checkOut().ports.values()].flat();
}
