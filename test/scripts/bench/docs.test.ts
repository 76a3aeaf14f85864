import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { replaceFigures } from '../../../scripts/bench/docs.ts';

const DOCUMENT = readFileSync(new URL('../../../docs/benchmarks.md', import.meta.url), 'utf8');

describe('the figures in docs/benchmarks.md', () => {
  it('are replaced by new ones, and nothing else is', () => {
    const changed = replaceFigures(DOCUMENT, 'new figures\n');
    expect(changed).to.contain('\n\nnew figures\n\n');
    const [before = '', after = ''] = changed.split('new figures');
    expect(DOCUMENT.startsWith(before)).to.be.true;
    expect(DOCUMENT.endsWith(after)).to.be.true;
  });

  it('are replaced in the same way every time', () => {
    const once = replaceFigures(DOCUMENT, 'new figures\n');
    expect(replaceFigures(once, 'new figures\n')).to.equal(once);
  });

  it('need the markers around them', () => {
    expect(() => replaceFigures('# Benchmarks\n', '')).to.throw('docs/benchmarks.md: expected');
  });
});
