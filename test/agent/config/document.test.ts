import { expect } from 'chai';
import { parseConfigDocument } from '../../../agent/config/document.ts';

function parseValid(text: string) {
  const document = parseConfigDocument(text);
  if (document.kind !== 'valid') expect.fail(JSON.stringify(document.problems));
  return document;
}

describe('parseConfigDocument', () => {
  const same = { a: 1, b: { c: ['x', 'y'] } };
  const forms = [
    { name: 'YAML', text: 'a: 1\nb:\n  c:\n    - x\n    - "y"\n' },
    { name: 'JSON', text: JSON.stringify(same) },
    { name: 'JSON indented by tabs', text: JSON.stringify(same, undefined, '\t') },
    {
      name: 'YAML after a byte order mark and a marker',
      text: '\ufeff---\na: 1\nb: {c: [x, y]}\n',
    },
  ];
  for (const { name, text } of forms) {
    it(`reads ${name}`, () => {
      expect(parseValid(text).data).to.deep.equal(same);
    });
  }

  it('follows aliases', () => {
    expect(parseValid('a: &x 1\nb: *x\n').data).to.deep.equal({ a: 1, b: 1 });
  });

  it('knows no yes and no: they are text', () => {
    expect(parseValid('a: yes\n').data).to.deep.equal({ a: 'yes' });
  });

  for (const text of ['', '# nothing\n', '---\n']) {
    it(`reads ${JSON.stringify(text)} as nothing`, () => {
      expect(parseValid(text).data).to.equal(null);
    });
  }

  const invalid = [
    { name: 'an unfinished list', text: 'a: 1\nb: [1\n', line: 3, words: 'not valid YAML' },
    { name: 'a tab as indentation', text: 'a:\n\tb: 2\n', line: 2, words: 'not valid YAML' },
    { name: 'a second document', text: 'a: 1\n---\nb: 2\n', line: 2, words: 'one document' },
    { name: 'an unknown tag', text: 'a: !secret x\n', line: 1, words: 'not valid YAML' },
    {
      name: 'a key that is not text',
      text: 'a: 1\n? [x]\n: 2\n',
      line: 2,
      words: 'not valid YAML',
    },
    { name: 'an alias of nothing', text: 'a: *x\n', line: undefined, words: 'alias' },
  ];
  for (const { name, text, line, words } of invalid) {
    it(`refuses ${name} and names the line`, () => {
      const document = parseConfigDocument(text);
      if (document.kind !== 'invalid') expect.fail('it was accepted');
      expect(document.problems[0]?.line).to.equal(line);
      expect(document.problems[0]?.message).to.include(words);
    });
  }

  it('refuses aliases that multiply', () => {
    const list = (name: string, item: string) =>
      `${name}: &${name} [${Array(9).fill(item).join()}]\n`;
    const bomb =
      list('a', 'x') + list('b', '*a') + list('c', '*b') + list('d', '*c') + list('e', '*d');
    expect(parseConfigDocument(bomb).kind).to.equal('invalid');
  });

  it('finds keys that are there twice, at every depth', () => {
    const { duplicates } = parseValid('a: 1\nb:\n  c: 1\n  c: 2\na: 2\nd:\n  - {e: 1, e: 2}\n');
    expect(duplicates).to.deep.equal([
      { path: ['b', 'c'], line: 4 },
      { path: ['a'], line: 5 },
      { path: ['d', 0, 'e'], line: 7 },
    ]);
  });

  describe('lineOf', () => {
    const { lineOf } = parseValid('# first\na: 1\nb:\n  c:\n    - x\n    - y\n  d:\n');
    const cases = [
      { name: 'a field', path: ['a'], line: 2 },
      { name: 'a field in a map', path: ['b', 'c'], line: 4 },
      { name: 'an entry of a list', path: ['b', 'c', 1], line: 6 },
      { name: 'a field without a value', path: ['b', 'd'], line: 7 },
      { name: 'the map around a field that is not there', path: ['b', 'x'], line: 3 },
      { name: 'the list around an entry that is not there', path: ['b', 'c', 5], line: 4 },
      { name: 'the value around a field that cannot be there', path: ['a', 'x'], line: 2 },
      { name: 'the first line for the whole', path: [], line: 2 },
    ];
    for (const { name, path, line } of cases) {
      it(`knows the line of ${name}`, () => {
        expect(lineOf(path)).to.equal(line);
      });
    }

    it('knows the line that counts when a key is there twice: the last', () => {
      expect(parseValid('a: 1\na: 2\n').lineOf(['a'])).to.equal(2);
    });

    it('is 1 for an empty file', () => {
      expect(parseValid('').lineOf(['a'])).to.equal(1);
    });
  });
});
