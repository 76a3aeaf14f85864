import { expect } from 'chai';
import fc from 'fast-check';
import { LineSplitter } from '../../../../agent/cluster/api/line-splitter.ts';

describe('LineSplitter', () => {
  it('gives every line that has ended, however it arrives', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));
    fc.assert(
      fc.property(fc.array(line), line, fc.nat(20), (lines, rest, size) => {
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join('') + rest);
        const splitter = new LineSplitter();
        const found: string[] = [];
        for (let start = 0; start < bytes.length; start += size + 1) {
          found.push(...splitter.write(bytes.subarray(start, start + size + 1)));
        }
        expect(found).to.deep.equal(lines);
      }),
    );
  });

  it('gives up on a line that does not end', () => {
    const splitter = new LineSplitter();
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    expect(() => {
      for (let count = 0; count < 64; count += 1) splitter.write(chunk);
    }).to.throw('longer than');
  });
});
