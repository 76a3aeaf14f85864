import { expect } from 'chai';
import { alignColumns } from '../../../../scripts/demo/view/columns.ts';

describe('columns', () => {
  it('are as wide as their widest cell', () => {
    expect(
      alignColumns([
        ['a', 'b', 'c'],
        ['longer', 'x', 'longest'],
      ]),
    ).to.deep.equal(['a       b  c', 'longer  x  longest']);
  });

  it('may be missing at the end of a row', () => {
    expect(alignColumns([['a'], ['b', 'c']])).to.deep.equal(['a', 'b  c']);
  });

  it('leave nothing of nothing', () => {
    expect(alignColumns([])).to.deep.equal([]);
  });
});
