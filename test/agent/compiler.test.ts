import { expect } from 'chai';
import { execa } from 'execa';

describe('a settled compiler', () => {
  it('begins nothing any more of what Node may hang in', async () => {
    const { stdout } = await execa(process.execPath, [
      '--maglev',
      '--trace-opt',
      '--input-type=module',
      '--eval',
      PROGRAM,
    ]);
    const [before, after] = stdout.split('settled');
    expect(before).to.include('target MAGLEV');
    expect(after).to.not.include('MAGLEV');
  });
});

// --- internal ---

/** Functions that are hot enough to be compiled, some before and some after. */
const PROGRAM = `
import { settleCompiler } from './agent/compiler.ts';
const heat = () => {
  for (let i = 0; i < 50; i += 1) {
    const add = new Function('a', 'let sum = ' + i + '; for (let j = 0; j < 50; j += 1) sum += a * j; return sum;');
    for (let j = 0; j < 5000; j += 1) add(j);
  }
};
heat();
await settleCompiler();
console.log('settled');
heat();
`;
