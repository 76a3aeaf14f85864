import { expect } from 'chai';
import fc from 'fast-check';
import { RecencyMap } from '../../../rules/userspace/recency-map.ts';

describe('a map that forgets', () => {
  it('forgets what was not used for longer than the idle time', () => {
    const map = new RecencyMap<string>(10, 100);
    map.set('a', 'A', 0);
    expect(map.use('a', 10)).to.equal('A');
    // Each use begins the time anew.
    expect(map.use('a', 20)).to.equal('A');
    expect(map.use('a', 31)).to.equal(undefined);
  });

  it('hands out what was idle for too long, once', () => {
    const map = new RecencyMap<string>(10, 100);
    map.set('a', 'A', 0);
    map.set('b', 'B', 5);
    expect(map.takeIdle(10)).to.deep.equal([]);
    expect(map.takeIdle(11)).to.deep.equal(['A']);
    expect(map.takeIdle(11)).to.deep.equal([]);
    expect([...map.values()]).to.deep.equal(['B']);
  });

  it('makes room by what was not used for longest', () => {
    const map = new RecencyMap<string>(1000, 2);
    map.set('a', 'A', 0);
    map.set('b', 'B', 1);
    map.use('a', 2);
    expect(map.set('c', 'C', 3)).to.deep.equal(['B']);
    expect([...map.values()]).to.deep.equal(['A', 'C']);
  });

  it('answers what a new value replaces', () => {
    const map = new RecencyMap<string>(1000, 2);
    map.set('a', 'A', 0);
    expect(map.set('a', 'A2', 1)).to.deep.equal(['A']);
    expect(map.set('a', 'A2', 2)).to.deep.equal([]);
    expect(map.size).to.equal(1);
  });

  it('can be rid of values by what they are', () => {
    const map = new RecencyMap<string>(1000, 10);
    for (const key of ['a', 'b', 'c']) map.set(key, key, 0);
    map.keepOnly((value) => value !== 'b');
    expect([...map.values()]).to.deep.equal(['a', 'c']);
    map.delete('a');
    expect(map.takeOldest()).to.equal('c');
    expect(map.takeOldest()).to.equal(undefined);
  });

  it('does what a slow and simple one does', () => {
    const steps = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd'),
        isSet: fc.boolean(),
        wait: fc.nat(6),
      }),
    );
    fc.assert(
      fc.property(steps, (all) => {
        const map = new RecencyMap<string>(10, 3);
        let simple: { key: string; usedAt: number }[] = [];
        let now = 0;
        for (const { key, isSet, wait } of all) {
          now += wait;
          const known = simple.find((entry) => entry.key === key && now - entry.usedAt <= 10);
          expect(map.use(key, now)).to.equal(known?.key);
          if (isSet) map.set(key, key, now);
          if (known === undefined && !isSet) continue;
          // Among those used at one time a use changes no order.
          if (known?.usedAt === now && !isSet) continue;
          // What is too old keeps its place until it is taken or used.
          simple = simple.filter((entry) => entry.key !== key);
          simple.push({ key, usedAt: now });
          simple = simple.slice(-3);
        }
        expect(map.takeIdle(now + 11)).to.deep.equal(simple.map(({ key }) => key));
      }),
    );
  });
});
