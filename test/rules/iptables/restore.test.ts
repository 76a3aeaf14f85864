import { expect } from 'chai';
import type { ElementChange } from '../../../rules/diff/element.ts';
import { chainElement } from '../../../rules/iptables/dispatch.ts';
import { JUMPS, jumpElement } from '../../../rules/iptables/jumps.ts';
import { restoreLines, restoreText, type RestoreLine } from '../../../rules/iptables/restore.ts';
import type { ChainTransaction } from '../../../rules/iptables/transaction.ts';

const JUMP = JUMPS.find(({ table }) => table === 'nat');

describe('a restore', () => {
  it('declares chains before rules, and deletes last', () => {
    const lines = [
      ...restoreLines(transactionOf([added('B', '-j A'), added('A', ''), removed('C')])),
    ];
    expect(texts(lines)).to.eql([
      '*nat',
      ':B - [0:0]',
      ':A - [0:0]',
      ':C - [0:0]',
      '-A B -j A',
      `-I ${JUMP?.parent} ${JUMP?.rule}`,
      '-X C',
      'COMMIT',
    ]);
  });

  it('knows the change and the rule of a line, for who is told its number', () => {
    const change = added('A', '-j RETURN\n-j DROP');
    const lines = [...restoreLines(transactionOf([change]))];
    const line = lines.find(({ text }) => text === '-A A -j DROP');
    expect(line).to.include({ change, rule: '-j DROP' });
    expect(lines.at(-1)).to.deep.equal({ text: 'COMMIT', change: undefined });
  });

  it('lists a table first where many chains change, and inserts into its own chains afterwards', () => {
    const many = Array.from({ length: 1000 }, (_, i) => added(`A${i}`, ''));
    const lines = texts([...restoreLines(transactionOf(many), { listed: ['nat'] })]);
    expect(lines.slice(0, 3)).to.eql(['*nat', '-S', ':A0 - [0:0]']);
    expect(lines.slice(-5)).to.eql([
      ...[':A999 - [0:0]', 'COMMIT'],
      ...['*nat', `-I ${JUMP?.parent} ${JUMP?.rule}`, 'COMMIT'],
    ]);
  });

  it('lists nothing where few chains change', () => {
    const text = restoreText(restoreLines(transactionOf([added('A', '')]), { listed: ['nat'] }));
    expect(text).not.to.include('\n-S\n');
  });
});

// --- internal ---

function transactionOf(chains: readonly ElementChange[]): ChainTransaction {
  if (JUMP === undefined) throw new Error('nat has no jump');
  const after = jumpElement(JUMP);
  const jump = { collection: after.collection, key: after.key, before: undefined, after };
  return { family: 'IPv4', tables: [{ table: 'nat', chains, jumps: [jump] }] };
}

function added(name: string, rules: string): ElementChange {
  const after = chainElement('nat', name, rules === '' ? [] : rules.split('\n'));
  return { collection: 'nat', key: name, before: undefined, after };
}

function removed(name: string): ElementChange {
  const { after, ...change } = added(name, '');
  return { ...change, before: after, after: undefined };
}

function texts(lines: readonly RestoreLine[]): string[] {
  return lines.map(({ text }) => text);
}
