import { expect } from 'chai';
import { Tally } from '../../../scripts/demo/tally.ts';

describe('the tally', () => {
  it('adds up connections and has nothing to complain of when all is as expected', () => {
    const tally = new Tally();
    tally.add('web', { answeredBy: { a: 2, b: 3 }, failed: 0 }, ['a', 'b']);
    tally.requireAll('web', { answeredBy: { a: 2, b: 3 }, failed: 0 }, ['a', 'b']);
    tally.addRefused('soon', 4, 4);
    expect(tally).to.include({ connections: 9, failed: 0 });
    expect(tally.problems).to.deep.equal([]);
  });

  const PROBLEMS: readonly { readonly name: string; readonly note: (tally: Tally) => void }[] = [
    {
      name: 'web: 2 connections failed',
      note: (tally) => {
        tally.add('web', { answeredBy: { a: 1 }, failed: 2 }, ['a']);
      },
    },
    {
      name: 'web: b answered 3 connections and should not have',
      note: (tally) => {
        tally.add('web', { answeredBy: { a: 1, b: 3 }, failed: 0 }, ['a']);
      },
    },
    {
      name: 'web: b answered no connections',
      note: (tally) => {
        tally.requireAll('web', { answeredBy: { a: 1 }, failed: 0 }, ['a', 'b']);
      },
    },
    {
      name: 'soon: 1 connections were not refused',
      note: (tally) => {
        tally.addRefused('soon', 4, 3);
      },
    },
  ];
  for (const { name, note } of PROBLEMS) {
    it(`notes "${name}"`, () => {
      const tally = new Tally();
      note(tally);
      expect(tally.problems).to.deep.equal([name]);
    });
  }

  it('counts failed connections among all', () => {
    const tally = new Tally();
    tally.add('web', { answeredBy: { a: 1 }, failed: 2 }, ['a']);
    expect(tally).to.include({ connections: 3, failed: 2 });
  });
});
