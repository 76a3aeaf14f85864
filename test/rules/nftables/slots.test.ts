import { expect } from 'chai';
import fc from 'fast-check';
import { assignSlots } from '../../../rules/nftables/slots.ts';

const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

describe('assignSlots', () => {
  const CASES: {
    readonly name: string;
    readonly previous: readonly string[];
    readonly wanted: readonly string[];
    readonly slots: readonly string[];
  }[] = [
    {
      name: 'follows the given order from nothing',
      previous: [],
      wanted: ['a', 'b'],
      slots: ['a', 'b'],
    },
    {
      name: 'puts a new endpoint at the end',
      previous: ['b', 'c'],
      wanted: ['a', 'b', 'c'],
      slots: ['b', 'c', 'a'],
    },
    {
      name: 'fills a hole with the last one',
      previous: ['a', 'b', 'c'],
      wanted: ['b', 'c'],
      slots: ['c', 'b'],
    },
    {
      name: 'gives a new endpoint the slot of one that goes',
      previous: ['a', 'b', 'c'],
      wanted: ['a', 'c', 'd'],
      slots: ['a', 'd', 'c'],
    },
    { name: 'ends without endpoints', previous: ['a', 'b'], wanted: [], slots: [] },
    {
      name: 'fills what was found empty in the kernel',
      previous: ['', 'b'],
      wanted: ['a', 'b'],
      slots: ['a', 'b'],
    },
    {
      name: 'believes only the first of two slots with the same endpoint',
      previous: ['a', 'a'],
      wanted: ['a', 'b'],
      slots: ['a', 'b'],
    },
  ];
  for (const { name, previous, wanted, slots } of CASES) {
    it(name, () => {
      expect(assignSlots(previous, wanted)).to.deep.equal(slots);
    });
  }

  const endpoints = fc.uniqueArray(fc.constantFrom(...LETTERS));
  const found = fc.array(fc.constantFrom('', ...LETTERS));

  it('gives every wanted endpoint one slot, without holes', () => {
    fc.assert(
      fc.property(found, endpoints, (previous, wanted) => {
        expect(assignSlots(previous, wanted)).to.have.members(wanted);
      }),
    );
  });

  it('moves nobody who can stay', () => {
    fc.assert(
      fc.property(endpoints, endpoints, (previous, wanted) => {
        const slots = assignSlots(previous, wanted);
        const canStay = (slot: number): boolean =>
          slot < wanted.length && wanted.includes(previous[slot] ?? '');
        const stayers = previous.filter((_, slot) => canStay(slot));
        const stayed = previous.filter((endpoint, slot) => slots[slot] === endpoint);
        expect(stayed).to.deep.equal(stayers);
      }),
    );
  });

  it('moves nobody when it is asked again', () => {
    fc.assert(
      fc.property(found, fc.shuffledSubarray(LETTERS), (previous, wanted) => {
        const slots = assignSlots(previous, wanted);
        expect(assignSlots(slots, wanted.toReversed())).to.deep.equal(slots);
      }),
    );
  });
});
