import { expect } from 'chai';
import type { Element, ElementChange } from '../../../rules/diff/element.ts';
import { orderByStage } from '../../../rules/diff/order.ts';
import { makeElement } from './support.ts';

/** Stages by the collection's name: `endpoints1` is filled before `verdicts2`. */
const stageOf = (collection: string): number => Number(collection.at(-1));

/** Keys of interval sets: `scope/range`. */
const scopeOf = ({ key }: ElementChange): string | undefined =>
  key.includes('/') ? key.split('/')[0] : undefined;

describe('orderByStage', () => {
  const CASES: {
    readonly name: string;
    readonly changes: readonly ElementChange[];
    readonly order: readonly string[];
  }[] = [
    {
      name: 'fills what is pointed at before what points at it',
      changes: [add('verdicts2', 'b'), add('verdicts2', 'a'), add('endpoints1', 'c')],
      order: ['+endpoints1 c', '+verdicts2 b', '+verdicts2 a'],
    },
    {
      name: 'empties what points before what is pointed at',
      changes: [remove('endpoints1', 'a'), remove('verdicts2', 'b'), remove('verdicts2', 'a')],
      order: ['-verdicts2 b', '-verdicts2 a', '-endpoints1 a'],
    },
    {
      name: 'removes after everything was added or replaced',
      changes: [
        remove('endpoints1', 'a'),
        replace('verdicts2', 'b'),
        remove('verdicts2', 'c'),
        add('endpoints1', 'd'),
      ],
      order: ['+endpoints1 d', '~verdicts2 b', '-verdicts2 c', '-endpoints1 a'],
    },
    {
      name: 'makes room where an interval takes the place of another one',
      changes: [add('verdicts2', 'a'), add('ranges1', 'web/10-19'), remove('ranges1', 'web/10-29')],
      order: ['-ranges1 web/10-29', '+ranges1 web/10-19', '+verdicts2 a'],
    },
    {
      name: 'removes intervals late where nothing needs their room',
      changes: [
        remove('ranges1', 'web/10-29'),
        remove('verdicts2', 'a'),
        add('ranges1', 'shop/10-19'),
      ],
      order: ['+ranges1 shop/10-19', '-verdicts2 a', '-ranges1 web/10-29'],
    },
  ];
  for (const { name, changes, order } of CASES) {
    it(name, () => {
      expect(orderByStage(changes, stageOf, scopeOf).map(textOf)).to.deep.equal(order);
    });
  }
});

// --- internal ---

function add(collection: string, key: string): ElementChange {
  return { collection, key, before: undefined, after: element(collection, key) };
}

function remove(collection: string, key: string): ElementChange {
  return { collection, key, before: element(collection, key), after: undefined };
}

function replace(collection: string, key: string): ElementChange {
  return { ...add(collection, key), before: makeElement(collection, key, 'old') };
}

function element(collection: string, key: string): Element {
  return makeElement(collection, key, 'new');
}

function textOf({ collection, key, before, after }: ElementChange): string {
  const sign = before === undefined ? '+' : after === undefined ? '-' : '~';
  return `${sign}${collection} ${key}`;
}
