import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FIELDS } from '../../../agent/config/fields.ts';
import { formatGoDuration } from '../../../agent/config/go-duration.ts';
import { stepsOf, valueAt } from '../../../agent/config/paths.ts';
import { DEFAULTS } from '../../../agent/config/schema.ts';
import { configCommand } from './support.ts';

const TEXT = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');

/** The cells of the table row that begins with this name. */
function rowOf(name: string): readonly string[] {
  const row = TEXT.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
  return row?.split('|').map((cell) => cell.trim()) ?? [];
}

/** A default as the document writes it. */
function documentedDefault(path: string): string {
  if (path === 'apiVersion' || path === 'kind') return 'required';
  const value = valueAt(DEFAULTS, stepsOf(path));
  const isEmpty = typeof value === 'object' ? Object.keys(value ?? {}).length === 0 : value === '';
  if (isEmpty) return 'none';
  const isDuration = /(Period|Timeout|Frequency)$/.test(path);
  return `\`${isDuration ? formatGoDuration(Number(value)) : String(value)}\``;
}

describe('docs/configuration.md', () => {
  for (const [path, use] of Object.entries(FIELDS)) {
    it(`says the truth about ${path}`, () => {
      const [, , byDefault, inUse, meaning] = rowOf(path);
      expect(byDefault).to.equal(documentedDefault(path));
      expect(inUse).to.equal(use.kind === 'used' ? 'yes' : use.kind);
      expect(meaning).to.match(/\w/);
    });
  }

  it('says which changes a running agent takes up', () => {
    const [, list = ''] = /A running agent takes up ([^.]*(?:\.\w[^.]*)*)\. /.exec(TEXT) ?? [];
    const live = Object.entries(FIELDS).filter(
      ([, use]) => use.kind === 'used' && use.onChange === 'apply',
    );
    const documented = [...list.matchAll(/`([\w.]+)`/g)].map(([, path]) => path);
    expect(new Set(documented)).to.deep.equal(new Set(live.map(([path]) => path)));
  });

  it('names every flag, and no flag that there is not', () => {
    const named = TEXT.match(/`--[a-z][\w-]*/g)?.map((text) => text.slice(1));
    const known = configCommand().options.map(({ long }) => long);
    // In the explanation of how flags are written.
    expect(new Set(named)).to.deep.equal(new Set([...known, '--flag']));
  });
});
