import { expect } from 'chai';
import {
  isAside,
  noteFailure,
  noteSuccess,
  type BalancedEndpoint,
} from '../../../rules/userspace/balanced-endpoint.ts';
import { EndpointPool, type PoolSpec } from '../../../rules/userspace/endpoint-pool.ts';
import { client, seededRandom, target } from './support.ts';

function poolOf(pods: readonly number[], fields: Partial<PoolSpec> = {}): EndpointPool {
  const pool = new EndpointPool(seededRandom(1));
  pool.configure(specOf(pods, fields), 0);
  return pool;
}

function specOf(pods: readonly number[], fields: Partial<PoolSpec> = {}): PoolSpec {
  return {
    endpoints: pods.map((pod) => target(pod)),
    loadBalancing: 'round-robin',
    affinitySeconds: undefined,
    ...fields,
  };
}

function choose(
  pool: EndpointPool,
  from = client(0),
  tried: readonly BalancedEndpoint[] = [],
  nowMs = 0,
): BalancedEndpoint {
  const endpoint = pool.choose(from, tried, nowMs);
  if (endpoint === undefined) throw new Error('nothing was chosen');
  return endpoint;
}

function ids(...pods: readonly number[]): string[] {
  return pods.map((pod) => target(pod).id);
}

describe('an endpoint that fails', () => {
  it('is set aside after the third time in a row, for longer each time, up to half a minute', () => {
    const endpoint = choose(poolOf([1]));
    const asideMs = Array.from({ length: 10 }, () => {
      noteFailure(endpoint, 0);
      return endpoint.asideUntilMs;
    });
    expect(asideMs).to.deep.equal([0, 0, 1e3, 2e3, 4e3, 8e3, 16e3, 30e3, 30e3, 30e3]);
    expect(isAside(endpoint, 29_999)).to.equal(true);
    expect(isAside(endpoint, 30_000)).to.equal(false);
  });

  it('is as good as new after one success', () => {
    const endpoint = choose(poolOf([1]));
    for (let i = 0; i < 5; i++) noteFailure(endpoint, 0);
    noteSuccess(endpoint);
    expect(isAside(endpoint, 1)).to.equal(false);
    noteFailure(endpoint, 1);
    expect(isAside(endpoint, 1)).to.equal(false);
  });
});

describe('a pool', () => {
  it('offers each endpoint to a connection once', () => {
    const pool = poolOf([1, 2, 3]);
    const tried: BalancedEndpoint[] = [];
    for (let i = 0; i < 3; i++) tried.push(choose(pool, client(0), tried));
    expect(tried.map(({ id }) => id)).to.deep.equal(ids(1, 2, 3));
    expect(pool.choose(client(0), tried, 0)).to.equal(undefined);
  });

  it('passes over what is set aside, unless nothing else is left', () => {
    const pool = poolOf([1, 2]);
    const first = choose(pool);
    for (let i = 0; i < 3; i++) noteFailure(first, 0);
    const second = choose(pool);
    expect(second).to.not.equal(first);
    expect(choose(pool)).to.equal(second);
    expect(choose(pool, client(0), [second])).to.equal(first);
    // Its time is over: both again.
    expect(new Set([choose(pool, client(0), [], 1_000), choose(pool, client(0), [], 1_000)]))
      .to //
      .have.property('size', 2);
  });

  it('keeps what is known of endpoints that stay, and knows when one went', () => {
    const pool = poolOf([1, 2]);
    const [first, second] = [choose(pool), choose(pool)];
    first.active = 7;
    pool.configure(specOf([1, 3]), 42);
    expect(second.goneAtMs).to.equal(42);
    expect(first.goneAtMs).to.equal(undefined);
    const chosen = [choose(pool), choose(pool)];
    expect(chosen.map(({ id }) => id)).to.have.members(ids(1, 3));
    expect(chosen).to.include(first);
    expect(first.active).to.equal(7);
  });

  it('knows an endpoint that comes back as a new one', () => {
    const pool = poolOf([1]);
    const before = choose(pool);
    pool.configure(specOf([]), 1);
    expect(pool.choose(client(0), [], 1)).to.equal(undefined);
    pool.configure(specOf([1]), 2);
    expect(choose(pool)).to.not.equal(before);
  });

  it('takes up new weights and another balancer', () => {
    const pool = poolOf([1, 2]);
    pool.configure(
      { ...specOf([]), endpoints: [target(1, 3), target(2)], loadBalancing: 'least-connections' },
      0,
    );
    const chosen = Array.from({ length: 4 }, () => {
      const endpoint = choose(pool);
      endpoint.active += 1;
      return endpoint.id;
    });
    expect(chosen.sort()).to.deep.equal(ids(1, 1, 1, 2));
  });
});

describe('ClientIP affinity', () => {
  const sticky = { affinitySeconds: 10 };

  it('keeps a client with its endpoint, and leaves others alone', () => {
    const pool = poolOf([1, 2, 3], sticky);
    const own = choose(pool, client(0));
    pool.pin(client(0), own, 0);
    const chosen = Array.from({ length: 6 }, () => choose(pool, client(0)));
    expect(new Set(chosen)).to.deep.equal(new Set([own]));
    const others = Array.from({ length: 3 }, () => choose(pool, client(1)));
    expect(new Set(others)).to.have.property('size', 3);
  });

  it('slides: the time begins anew with each connection', () => {
    const pool = poolOf([1, 2], sticky);
    const own = choose(pool, client(0));
    pool.pin(client(0), own, 0);
    for (const nowMs of [9_000, 18_000, 27_000]) {
      expect(choose(pool, client(0), [], nowMs)).to.equal(own);
    }
    // 10 s after the last: whose turn it is, and that is the other one.
    expect(choose(pool, client(0), [], 37_001)).to.not.equal(own);
  });

  it('lets a client whose endpoint does not take it stay with the one that does', () => {
    const pool = poolOf([1, 2, 3], sticky);
    const own = choose(pool, client(0));
    pool.pin(client(0), own, 0);
    const next = choose(pool, client(0), [own]);
    expect(next).to.not.equal(own);
    pool.pin(client(0), next, 0);
    expect(choose(pool, client(0))).to.equal(next);
  });

  it('ends with the endpoint', () => {
    const pool = poolOf([1, 2], sticky);
    const own = choose(pool, client(0));
    pool.pin(client(0), own, 0);
    pool.configure(
      specOf(
        [1, 2].filter((pod) => target(pod).id !== own.id),
        sticky,
      ),
      0,
    );
    const other = choose(pool, client(0));
    expect(other).to.not.equal(own);
    // A connection that was slow to be made must not bring back one that is gone.
    pool.pin(client(0), own, 0);
    expect(choose(pool, client(0))).to.equal(other);
  });

  it('begins anew when its time is changed', () => {
    const pool = poolOf([1, 2], sticky);
    pool.pin(client(0), choose(pool, client(0)), 0);
    pool.configure(specOf([1, 2], { affinitySeconds: 20 }), 0);
    const chosen = [choose(pool, client(0)), choose(pool, client(0))];
    expect(new Set(chosen)).to.have.property('size', 2);
  });
});
