import { expect } from 'chai';
import fc from 'fast-check';
import { PortAllocation } from '../../../rules/userspace/port-allocation.ts';

const RANGE = { from: 20_000, to: 20_009 };

describe('port allocation', () => {
  it('gives every listener a port of its own in the range, and the same one again', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 10 }), (ids) => {
        const allocation = new PortAllocation(RANGE);
        const ports = ids.map((id) => allocation.allocate(id));
        expect(new Set(ports)).to.have.property('size', ids.length);
        for (const port of ports) expect(port).to.be.within(RANGE.from, RANGE.to);
        expect(ids.map((id) => allocation.allocate(id))).to.deep.equal(ports);
      }),
    );
  });

  it('gives a listener the port it had before a restart, if it is not crowded', () => {
    const range = { from: 20_000, to: 29_999 };
    const ids = Array.from({ length: 1_000 }, (_, i) => `default/web-${i}/tcp`);
    const portsIn = (order: readonly string[]): Map<string, number | undefined> => {
      const allocation = new PortAllocation(range);
      return new Map(order.map((id) => [id, allocation.allocate(id)]));
    };
    const [before, after] = [portsIn(ids), portsIn(ids.toReversed())];
    const same = ids.filter((id) => before.get(id) === after.get(id)).length;
    expect(same).to.be.greaterThan(850);
    expect(portsIn(ids)).to.deep.equal(before);
  });

  it('has nothing left when all are taken, until one is released', () => {
    const allocation = new PortAllocation(RANGE);
    for (let i = 0; i < 10; i++) expect(allocation.allocate(`${i}`)).to.be.a('number');
    expect(allocation.allocate('late')).to.equal(undefined);
    const port = allocation.allocate('3');
    allocation.release('3');
    expect(allocation.allocate('late')).to.equal(port);
  });

  it('steps over ports that somebody else has, and thinks of them again later', () => {
    const allocation = new PortAllocation({ from: 20_000, to: 20_001 });
    const first = allocation.allocate('web');
    allocation.reject('web');
    const second = allocation.allocate('web');
    expect(second).to.not.equal(first);
    allocation.reject('web');
    expect(allocation.allocate('web')).to.equal(undefined);
    allocation.reconsider();
    expect(allocation.allocate('web')).to.equal(first);
  });
});

describe('a port that a listener had before', () => {
  const range = { from: 20_000, to: 20_002 };

  it('is its own again, and nobody else gets it', () => {
    const ports = new PortAllocation(range);
    ports.adopt('b', 20_001);
    expect(ports.allocate('b')).to.equal(20_001);
    expect(['a', 'c'].map((id) => ports.allocate(id))).to.have.members([20_000, 20_002]);
  });

  it('is not, where another has it or the range is another', () => {
    const ports = new PortAllocation(range);
    ports.adopt('a', 20_001);
    ports.adopt('b', 20_001);
    ports.adopt('c', 30_000);
    expect(ports.allocate('a')).to.equal(20_001);
    for (const id of ['b', 'c']) expect(ports.allocate(id)).to.be.oneOf([20_000, 20_002]);
  });
});
