import { expect } from 'chai';
import { BENCHMARKS, parseOptions, USAGE } from '../../../scripts/bench/options.ts';

describe('the command line of the benchmarks', () => {
  it('asks for everything, in a large cluster, when it is empty', () => {
    expect(parseOptions([])).to.deep.equal({
      only: BENCHMARKS,
      services: 10_000,
      isQuick: false,
      format: 'text',
      writesDocs: false,
    });
  });

  it('can ask for less', () => {
    const argv = ['--quick', '--only', 'restart', '--only', 'thinking', '--json'];
    expect(parseOptions(argv)).to.deep.equal({
      only: ['restart', 'thinking'],
      services: 2_000,
      isQuick: true,
      format: 'json',
      writesDocs: false,
    });
  });

  it('can ask for new figures in the documentation', () => {
    expect(parseOptions(['--write-docs'])).to.include({ writesDocs: true });
  });

  it('says how large the largest cluster is', () => {
    expect(parseOptions(['--quick', '--services', '50'])).to.include({ services: 50 });
  });

  it('asks for help before anything else', () => {
    expect(parseOptions(['--help', '--services', 'x'])).to.equal('help');
  });

  const REFUSED = [
    { argv: ['--services', '0'], message: 'expected a number from 1 to 500000; got 0' },
    { argv: ['--services', 'many'], message: 'expected a number from 1 to 500000; got many' },
    { argv: ['--services', '1.5'], message: 'got 1.5' },
    { argv: ['--services', '500001'], message: 'got 500001' },
    { argv: ['--only', 'memory'], message: 'expected one of full-sync, one-endpoint' },
    { argv: ['--write-docs', '--quick'], message: 'expected a whole run' },
    { argv: ['--write-docs', '--only', 'restart'], message: 'expected a whole run' },
    { argv: ['--write-docs', '--services', '10000'], message: 'expected a whole run' },
    { argv: ['--fast'], message: "Unknown option '--fast'" },
    { argv: ['fast'], message: "Unexpected argument 'fast'" },
  ];
  for (const { argv, message } of REFUSED) {
    it(`refuses ${argv.join(' ')}`, () => {
      expect(() => parseOptions(argv)).to.throw(Error, message);
    });
  }

  it('is explained by its help, benchmark by benchmark', () => {
    for (const benchmark of BENCHMARKS) expect(USAGE).to.contain(benchmark);
  });
});
