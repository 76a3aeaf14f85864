import { expect } from 'chai';
import fc from 'fast-check';
import { parseDocuments, type IntactDocument } from '../../../agent/cluster/manifest-documents.ts';

describe('manifest documents', () => {
  describe('what is read', () => {
    const rows: { name: string; text: string; values: unknown[] }[] = [
      { name: 'nothing in an empty text', text: '', values: [] },
      { name: 'nothing in blank lines', text: '\n \n\n', values: [] },
      { name: 'nothing in comments', text: '# a comment\n', values: [] },
      { name: 'nothing between separators', text: '---\n---\n...\n---\n', values: [] },
      { name: 'nothing in a null', text: 'null\n---\n~\n', values: [] },
      { name: 'several documents', text: 'a: 1\n---\nb: 2\n', values: [{ a: 1 }, { b: 2 }] },
      {
        name: 'documents around empty ones',
        text: '---\n# x\n---\na: 1\n---\n',
        values: [{ a: 1 }],
      },
      {
        name: 'CRLF line ends',
        text: 'a: x\r\n---\r\nb: |\r\n  y\r\n',
        values: [{ a: 'x' }, { b: 'y\n' }],
      },
      {
        name: 'JSON',
        text: '{"a": [1, null, {"b": "c"}]}',
        values: [{ a: [1, null, { b: 'c' }] }],
      },
      { name: 'JSON indented by tabs', text: '{\n\t"a": [\n\t\t1\n\t]\n}\n', values: [{ a: [1] }] },
      {
        name: 'JSON and YAML in turns',
        text: '{"a": 1}\n---\nb: 2\n',
        values: [{ a: 1 }, { b: 2 }],
      },
      { name: 'words of YAML 1.1 as text', text: 'a: on\nb: no\n', values: [{ a: 'on', b: 'no' }] },
      {
        name: 'dates as text',
        text: 'at: 2026-01-01T00:00:00Z',
        values: [{ at: '2026-01-01T00:00:00Z' }],
      },
      {
        name: 'keys that look like other things as text',
        text: '1: a\nnull: b\n',
        values: [{ '1': 'a', null: 'b' }],
      },
      { name: 'aliases', text: 'a: &x [1]\nb: *x\n', values: [{ a: [1], b: [1] }] },
      {
        name: 'merge keys',
        text: 'a: &x {p: 1}\nb: {<<: *x, q: 2}\n',
        values: [{ a: { p: 1 }, b: { p: 1, q: 2 } }],
      },
    ];
    for (const { name, text, values } of rows) {
      it(name, () => {
        expect([...parseDocuments(text)].map(valueOf)).to.deep.equal(values);
      });
    }

    it('a key __proto__ is a key like any other', () => {
      const value = valueOf(onlyDocument('__proto__: {polluted: yes}\na: 1\n'));
      expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
      expect(value).to.not.have.property('polluted');
    });

    it('any JSON value is read as JSON.parse reads it', () => {
      fc.assert(
        fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
          const json = JSON.stringify(value, null, 2);
          expect(valueOf(onlyDocument(json))).to.deep.equal(JSON.parse(json));
        }),
      );
    });

    it('any text is read without throwing', () => {
      const pieces =
        'a,1, ,\n,\t,-,:,?,[,],{,},",\',#,&,*,!,|,>,%,@,`,.,~,\\,---\n,<<: ,\0,é'.split(',');
      const piece = fc.constantFrom(...pieces);
      fc.assert(
        fc.property(fc.string({ unit: piece, maxLength: 60 }), (text) => {
          for (const document of parseDocuments(text)) {
            expect(document.kind).to.be.oneOf(['intact', 'broken']);
          }
        }),
        { numRuns: 1000 },
      );
    });
  });

  describe('lines', () => {
    const text = '# comment\n---\na:\n  b:\n    - c: 1\n    - c: 2\n      d: 3\n';
    const rows: { path: string[]; line: number }[] = [
      { path: [], line: 3 },
      { path: ['a'], line: 4 },
      { path: ['a', 'b', '1'], line: 6 },
      { path: ['a', 'b', '1', 'd'], line: 7 },
      { path: ['a', 'b', '1', 'missing', 'deeper'], line: 6 },
      { path: ['a', 'b', '7', 'd'], line: 5 },
      { path: ['a', 'b', '0', 'c', 'inside a number'], line: 5 },
      { path: ['nothing', 'here'], line: 3 },
    ];
    for (const { path, line } of rows) {
      it(`the place of ${JSON.stringify(path.join('.'))} is line ${line}`, () => {
        expect(onlyDocument(text).lineOf(path)).to.equal(line);
      });
    }

    it('count on over documents and CRLF', () => {
      const [, second] = [...parseDocuments('a: 1\r\n---\r\n\r\nb:\r\n  c: 2\r\n')];
      expect(second?.kind === 'intact' && second.lineOf(['b', 'c'])).to.equal(5);
    });
  });

  describe('broken documents', () => {
    const rows: { name: string; text: string; line: number; message: RegExp }[] = [
      {
        name: 'a flow that is not closed',
        text: 'a: {b: [1,\n',
        line: 2,
        message: /^invalid YAML at column \d+: /,
      },
      { name: 'a quote that is not closed', text: 'a: 1\nb: "x\n', line: 3, message: /closing/ },
      { name: 'a key cut before its colon', text: 'a: 1\nspe', line: 2, message: /^invalid YAML/ },
      {
        name: 'wrong indentation',
        text: 'a:\n    b: 1\n  c: 2\n',
        line: 3,
        message: /^invalid YAML/,
      },
      { name: 'a tab for indentation', text: 'a:\n\tb: 1\n', line: 2, message: /tab/i },
      {
        name: 'a duplicate key',
        text: 'a:\n  b: 1\n  b: 2\n',
        line: 3,
        message: /column 3: the key "b" is there twice/,
      },
      {
        name: 'a duplicate key in JSON',
        text: '{"a": 1,\n "a": 2}',
        line: 2,
        message: /column 2: the key "a" is there twice/,
      },
      { name: 'a list as a key', text: '? [a]\n: b\n', line: 1, message: /keys must be strings/ },
      { name: 'an alias of nothing', text: 'a: *gone\n', line: 1, message: /gone/ },
      { name: 'a merge of what is no mapping', text: 'a: {<<: 3}\n', line: 1, message: /[Mm]erge/ },
      { name: 'a directive and no more', text: '%YAML 1.2\n', line: 2, message: /directives-end/ },
    ];
    for (const { name, text, line, message } of rows) {
      it(`${name} is one broken document with its line`, () => {
        const all = [...parseDocuments(text)];
        expect(all).to.have.lengthOf(1);
        expect(all[0]).to.include({ kind: 'broken', line });
        expect(all[0]).to.have.property('message').that.matches(message);
      });
    }

    it('the documents around a broken one are read', () => {
      for (const broken of ['b: [1, {x: \n', 'b: "abc\n', 'b: |\n  x\n y\n', 'b: 1\nb: 2\n']) {
        const all = [...parseDocuments(`a: 1\n---\n${broken}---\nc: 3\n`)];
        expect(all.map(({ kind }) => kind)).to.deep.equal(['intact', 'broken', 'intact']);
        expect([all[0], all[2]].map(valueOf)).to.deep.equal([{ a: 1 }, { c: 3 }]);
      }
    });
  });

  describe('hostile texts', () => {
    const bomb = Array.from({ length: 10 }, (_, level) =>
      level === 0
        ? 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n'
        : `a${level}: &a${level} [${Array(10)
            .fill(`*a${level - 1}`)
            .join(', ')}]\n`,
    ).join('');
    const mergeBomb = Array.from({ length: 10 }, (_, level) =>
      level === 0
        ? 'a0: &a0 {x: 1}\n'
        : `a${level}: &a${level} {<<: [${Array(10)
            .fill(`*a${level - 1}`)
            .join(', ')}]}\n`,
    ).join('');
    const rows: { name: string; text: string; message: RegExp }[] = [
      { name: 'aliases that multiply', text: bomb, message: /alias count/ },
      { name: 'merges that multiply', text: mergeBomb, message: /alias count/ },
      {
        name: 'very many aliases',
        text: `a: &a 1\nb: [${'*a, '.repeat(1001)}]\n`,
        message: /at most 1000 aliases/,
      },
      {
        name: 'deep flow nesting',
        text: '['.repeat(5000) + ']'.repeat(5000),
        message: /nested too deeply/,
      },
      { name: 'deep block nesting', text: '- '.repeat(5000), message: /nested too deeply/ },
      {
        name: 'deep keys',
        text: '? '.repeat(300),
        message: /keys must be strings|nested too deeply/,
      },
      {
        name: 'more YAML than fits in memory',
        text: `a: 1\n${'#'.repeat(16 * 1024 * 1024)}`,
        message: /at most 16 MiB of YAML, got 16.0 MiB/,
      },
      {
        name: 'as much broken JSON',
        text: `[1,${' '.repeat(16 * 1024 * 1024)}`,
        message: /invalid JSON/,
      },
    ];
    for (const { name, text, message } of rows) {
      it(`${name}: refused`, () => {
        const all = [...parseDocuments(text)];
        expect(all).to.have.lengthOf(1);
        expect(all[0]).to.have.property('message').that.matches(message);
      });
    }

    it('a mapping of very many keys is read without comparing each with each', () => {
      const keys = Array.from({ length: 50_000 }, (_, i) => `k${i}: 1\n`).join('');
      expect(Object.keys(valueOf(onlyDocument(keys)) as object)).to.have.lengthOf(50_000);
    });

    it('very many documents are read', () => {
      const text = Array.from({ length: 1000 }, (_, i) => `number: ${i}\n`).join('---\n');
      const all = [...parseDocuments(text)];
      expect(all).to.have.lengthOf(1000);
      expect(valueOf(all[999])).to.deep.equal({ number: 999 });
    });
  });

  describe('large JSON', () => {
    const large = { items: Array.from({ length: 100_000 }, (_, i) => `item ${i}`) };

    it('is read without lines', () => {
      const document = onlyDocument(JSON.stringify(large));
      expect(document.value).to.deep.equal(large);
      expect(document.lineOf(['items'])).to.equal(undefined);
    });

    it('has its lines after all when it is broken', () => {
      const [document] = [...parseDocuments(`${JSON.stringify(large)}\n}`)];
      expect(document).to.include({ kind: 'broken', line: 2 });
    });
  });
});

function onlyDocument(text: string): IntactDocument {
  const all = [...parseDocuments(text)];
  expect(all).to.have.lengthOf(1);
  const [document] = all;
  if (document?.kind !== 'intact') throw new Error(`broken: ${document?.message ?? 'nothing'}`);
  return document;
}

function valueOf(
  document: ReturnType<typeof onlyDocument> | { kind: 'broken' } | undefined,
): unknown {
  return document?.kind === 'intact' ? document.value : undefined;
}
