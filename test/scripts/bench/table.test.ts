import { expect } from 'chai';
import { renderTable } from '../../../scripts/bench/table.ts';

describe('a table of figures', () => {
  it('is Markdown with the first column flush left and the others flush right', () => {
    const rows = [
      ['switchyard', '2.01 s'],
      ['kube-proxy 1.36', '13.17 s'],
    ];
    expect(renderTable(['table', 'time'], rows)).to.equal(
      [
        '| table           |    time |',
        '| --------------- | ------: |',
        '| switchyard      |  2.01 s |',
        '| kube-proxy 1.36 | 13.17 s |',
        '',
      ].join('\n'),
    );
  });

  it('has columns that are wide enough for the rule below a short title', () => {
    expect(renderTable(['a', 'b'], [['1', '2']])).to.equal(
      '| a   |   b |\n| --- | --: |\n| 1   |   2 |\n',
    );
  });

  it('leaves the cells empty that a row does not have', () => {
    expect(renderTable(['one', 'two'], [['1']])).to.contain('| 1   |     |\n');
  });
});
