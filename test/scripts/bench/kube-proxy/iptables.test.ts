import { expect } from 'chai';
import { createWorld } from '../../../../rules/services/world.ts';
import type { ServicePort } from '../../../../rules/services/types.ts';
import { fillWorld } from '../../../../scripts/bench/cluster.ts';
import { isLarge, restoreText } from '../../../../scripts/bench/kube-proxy/iptables.ts';

describe("kube-proxy's iptables layout", () => {
  it('has a chain for each Service and for each endpoint', () => {
    const ports = portsOf(2, 3);
    const text = restoreText({ ports, changed: ports, stale: [] });
    expect(text.match(/^:KUBE-SVC-/gm)).to.have.length(2);
    expect(text.match(/^:KUBE-SEP-/gm)).to.have.length(6);
    expect(text.match(/^-A KUBE-SERVICES .* cluster IP" /gm)).to.have.length(2);
  });

  it('gives every endpoint the same share', () => {
    const ports = portsOf(1, 3);
    const text = restoreText({ ports, changed: ports, stale: [] });
    expect(text.match(/--probability \S+/g)).to.deep.equal([
      '--probability 0.3333333333',
      '--probability 0.5000000000',
    ]);
    expect(text.match(/^-A KUBE-SVC-.* -j KUBE-SEP-/gm)).to.have.length(3);
  });

  it('writes the whole list of Services when one has changed, and deletes what is stale', () => {
    const ports = portsOf(3, 1);
    const text = restoreText({ ports, changed: ports.slice(0, 1), stale: ['KUBE-SEP-OLD'] });
    expect(text.match(/^-A KUBE-SERVICES .* cluster IP" /gm)).to.have.length(3);
    expect(text.match(/^:KUBE-SVC-/gm)).to.have.length(1);
    expect(text).to.match(/\n:KUBE-SEP-OLD - \[0:0\]\n[^]*\n-X KUBE-SEP-OLD\nCOMMIT\n$/);
  });

  it('leaves comments about Services out above 1,000 endpoints', () => {
    const ports = portsOf(101, 10);
    expect(isLarge(ports)).to.be.true;
    expect(isLarge(ports.slice(1))).to.be.false;
    expect(restoreText({ ports, changed: ports, stale: [] })).not.to.contain('cluster IP');
  });
});

// --- internal ---

function portsOf(services: number, endpoints: number): ServicePort[] {
  const world = createWorld();
  fillWorld(world, { services, endpoints });
  return [...world.checkOut().ports.values()].flat();
}
