import { expect } from 'chai';
import fc from 'fast-check';
import { chooseEndpoints, type Uses } from '../../../rules/services/topology.ts';
import type { Endpoint } from '../../../rules/services/types.ts';
import { makeEndpoint } from './builders.ts';

/** We are node 1, in zone a. */
const PLACE = { name: 'node-1', zone: 'a' };
const CLUSTER: Uses = { cluster: true, local: false };
const LOCAL: Uses = { cluster: false, local: true };
const BOTH: Uses = { cluster: true, local: true };

const DRAINING = { ready: false, serving: true, terminating: true };
const DEAD = { ready: false, serving: false, terminating: true };
const STARTING = { ready: false, serving: true, terminating: false };

/** `<node><pod letter>`, in the order of their ids. */
type Names = readonly string[];

interface Row {
  readonly name: string;
  readonly endpoints: Readonly<Record<string, Partial<Endpoint>>>;
  readonly uses: Uses;
  readonly place?: { name: string; zone: string };
  readonly cluster?: Names;
  readonly local?: Names;
  readonly all?: Names;
  readonly hasAny?: boolean;
}

const zones = (...zoneHints: string[]): Partial<Endpoint> => ({ zoneHints });
const nodes = (...nodeHints: string[]): Partial<Endpoint> => ({ nodeHints });

describe('chooseEndpoints', () => {
  table('without endpoints', [
    { name: 'chooses none', endpoints: {}, uses: BOTH },
    { name: 'chooses none that are only starting', endpoints: { '1a': STARTING }, uses: BOTH },
    { name: 'chooses none that are dead', endpoints: { '1a': DEAD, '2a': DEAD }, uses: BOTH },
    {
      name: 'chooses none that nobody uses',
      endpoints: { '1a': {} },
      uses: { cluster: false, local: false },
    },
  ]);

  table('for Cluster traffic', [
    {
      name: 'chooses all that are ready, here or elsewhere',
      endpoints: { '1a': {}, '1b': STARTING, '2a': {}, '2b': DRAINING },
      uses: CLUSTER,
      cluster: ['1a', '2a'],
      all: ['1a', '2a'],
      hasAny: true,
    },
    {
      name: 'falls back to those that drain when none is ready',
      endpoints: { '1a': DRAINING, '1b': STARTING, '2a': DRAINING, '2b': DEAD },
      uses: CLUSTER,
      cluster: ['1a', '2a'],
      all: ['1a', '2a'],
      hasAny: true,
    },
    {
      name: 'drops those that drain as soon as one is ready again',
      endpoints: { '1a': DRAINING, '2a': {} },
      uses: CLUSTER,
      cluster: ['2a'],
      all: ['2a'],
      hasAny: true,
    },
    {
      name: 'chooses a terminating pod whose slice says ready',
      endpoints: { '1a': { ready: true, terminating: true } },
      uses: CLUSTER,
      cluster: ['1a'],
      all: ['1a'],
      hasAny: true,
    },
  ]);

  table('by zone hints', [
    {
      name: 'chooses those for this zone',
      endpoints: { '1a': zones('a'), '2a': zones('b'), '2b': zones('a', 'b') },
      uses: CLUSTER,
      cluster: ['1a', '2b'],
      all: ['1a', '2b'],
      hasAny: true,
    },
    {
      name: 'chooses all when the node has no zone',
      endpoints: { '1a': zones('a'), '2a': zones('b') },
      uses: CLUSTER,
      place: { name: 'node-1', zone: '' },
      cluster: ['1a', '2a'],
      all: ['1a', '2a'],
      hasAny: true,
    },
    {
      name: 'chooses all when one ready endpoint has no hint',
      endpoints: { '1a': zones('a'), '2a': zones('b'), '2b': {} },
      uses: CLUSTER,
      cluster: ['1a', '2a', '2b'],
      all: ['1a', '2a', '2b'],
      hasAny: true,
    },
    {
      name: 'does not ask endpoints that are not ready for hints',
      endpoints: { '1a': zones('a'), '1b': STARTING, '2a': zones('b'), '2b': DRAINING },
      uses: CLUSTER,
      cluster: ['1a'],
      all: ['1a'],
      hasAny: true,
    },
    {
      name: 'does not see a hint on an endpoint that is not ready',
      endpoints: { '1a': { ...STARTING, ...zones('a') }, '2a': zones('b') },
      uses: CLUSTER,
      cluster: ['2a'],
      all: ['2a'],
      hasAny: true,
    },
    {
      name: 'chooses all when no hint is for this zone',
      endpoints: { '1a': zones('b'), '2a': zones('c') },
      uses: CLUSTER,
      cluster: ['1a', '2a'],
      all: ['1a', '2a'],
      hasAny: true,
    },
    {
      name: 'does not apply them to those that drain',
      endpoints: { '1a': { ...DRAINING, ...zones('a') }, '2a': { ...DRAINING, ...zones('b') } },
      uses: CLUSTER,
      cluster: ['1a', '2a'],
      all: ['1a', '2a'],
      hasAny: true,
    },
  ]);

  table('by node hints', [
    {
      name: 'chooses those for this node before those for its zone',
      endpoints: {
        '1a': { ...zones('a'), ...nodes('node-1') },
        '2a': { ...zones('a'), ...nodes('node-2') },
      },
      uses: CLUSTER,
      cluster: ['1a'],
      all: ['1a'],
      hasAny: true,
    },
    {
      name: 'falls back to zone hints when none is for this node',
      endpoints: {
        '2a': { ...zones('a'), ...nodes('node-2') },
        '3a': { ...zones('b'), ...nodes('node-3') },
      },
      uses: CLUSTER,
      cluster: ['2a'],
      all: ['2a'],
      hasAny: true,
    },
    {
      name: 'falls back to zone hints when one endpoint has no node hint',
      endpoints: { '1a': { ...zones('b'), ...nodes('node-1') }, '2a': zones('a') },
      uses: CLUSTER,
      cluster: ['2a'],
      all: ['2a'],
      hasAny: true,
    },
    {
      name: 'falls back to all when neither hint applies',
      endpoints: { '1a': nodes('node-1'), '2a': zones('a') },
      uses: CLUSTER,
      cluster: ['1a', '2a'],
      all: ['1a', '2a'],
      hasAny: true,
    },
  ]);

  table('for Local traffic', [
    {
      name: 'chooses the ready ones here',
      endpoints: { '1a': {}, '1b': DRAINING, '2a': {} },
      uses: LOCAL,
      local: ['1a'],
      all: ['1a'],
      hasAny: true,
    },
    {
      name: 'falls back to those here that drain, though others are ready elsewhere',
      endpoints: { '1a': DRAINING, '2a': {} },
      uses: LOCAL,
      local: ['1a'],
      all: ['1a'],
      hasAny: true,
    },
    {
      name: 'chooses none when all are elsewhere, but knows that they exist',
      endpoints: { '2a': {} },
      uses: LOCAL,
      hasAny: true,
    },
    {
      name: 'knows that those elsewhere which drain exist',
      endpoints: { '2a': DRAINING },
      uses: LOCAL,
      hasAny: true,
    },
    {
      name: 'ignores hints',
      endpoints: {
        '1a': { ...zones('b'), ...nodes('node-2') },
        '2a': { ...zones('a'), ...nodes('node-1') },
      },
      uses: LOCAL,
      local: ['1a'],
      all: ['1a'],
      hasAny: true,
    },
  ]);

  table('for both', [
    {
      name: 'unites to the cluster list when that holds the local one',
      endpoints: { '1a': {}, '2a': {} },
      uses: BOTH,
      cluster: ['1a', '2a'],
      local: ['1a'],
      all: ['1a', '2a'],
      hasAny: true,
    },
    {
      name: 'unites both lists when hints send cluster traffic elsewhere',
      endpoints: { '1a': zones('b'), '2a': zones('a') },
      uses: BOTH,
      cluster: ['2a'],
      local: ['1a'],
      all: ['1a', '2a'],
      hasAny: true,
    },
    {
      name: 'unites both lists when the local ones drain',
      endpoints: { '1a': DRAINING, '2a': {} },
      uses: BOTH,
      cluster: ['2a'],
      local: ['1a'],
      all: ['1a', '2a'],
      hasAny: true,
    },
    {
      name: 'has only cluster endpoints when all are elsewhere',
      endpoints: { '2a': {} },
      uses: BOTH,
      cluster: ['2a'],
      all: ['2a'],
      hasAny: true,
    },
  ]);

  it('holds one list, not a copy, where the union is one of the two', () => {
    const endpoints = [makeEndpoint(1, 1), makeEndpoint(2, 1)];
    const cluster = chooseEndpoints(endpoints, BOTH, PLACE);
    expect(cluster.all).to.equal(cluster.cluster);
    const local = chooseEndpoints(endpoints, LOCAL, PLACE);
    expect(local.all).to.equal(local.local);
  });

  it('keeps its lists sorted, unites them without duplicates and knows what exists', () => {
    const flags = { ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() };
    const hints = { zoneHints: fc.subarray(['a', 'b']), nodeHints: fc.subarray(['node-1']) };
    const endpoints = fc
      .array(fc.record({ ...flags, ...hints }), { maxLength: 6 })
      .map((list) => list.map((fields, i) => makeEndpoint(1 + (i % 2), 1 + i, fields)).sort(byId));
    const uses = fc.record({ cluster: fc.boolean(), local: fc.boolean() });
    fc.assert(
      fc.property(endpoints, uses, (list, wanted) => {
        const chosen = chooseEndpoints(list, wanted, PLACE);
        const united = [...new Set([...chosen.cluster, ...chosen.local])].sort(byId);
        expect(chosen.all).to.deep.equal(united);
        for (const sorted of [chosen.cluster, chosen.local]) {
          expect(sorted).to.deep.equal(sorted.toSorted(byId));
        }
        const usable = list.some((it) => it.ready || (it.serving && it.terminating));
        expect(chosen.hasAny).to.equal(usable && (wanted.cluster || wanted.local));
      }),
    );
  });
});

function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const row of rows) {
      it(row.name, () => {
        const names = new Map<Endpoint, string>();
        for (const [name, fields] of Object.entries(row.endpoints)) {
          names.set(makeEndpoint(Number(name[0]), name.charCodeAt(1) - 96, fields), name);
        }
        const chosen = chooseEndpoints([...names.keys()], row.uses, row.place ?? PLACE);
        const namesOf = (list: readonly Endpoint[]): Names =>
          list.map((it) => names.get(it) ?? '?');
        expect({
          cluster: namesOf(chosen.cluster),
          local: namesOf(chosen.local),
          all: namesOf(chosen.all),
          hasAny: chosen.hasAny,
        }).to.deep.equal({
          cluster: row.cluster ?? [],
          local: row.local ?? [],
          all: row.all ?? [],
          hasAny: row.hasAny ?? false,
        });
      });
    }
  });
}

function byId(a: Endpoint, b: Endpoint): number {
  return a.id < b.id ? -1 : 1;
}
