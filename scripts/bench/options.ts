/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';

/** What can be measured by itself. Memory is part of all that sync a whole cluster. */
export const BENCHMARKS = [
  'full-sync',
  'one-endpoint',
  'restart',
  'thinking',
  'live-agent',
  'iptables',
  'first-packet',
  'userspace',
] as const;

/** One of the benchmarks. */
export type Benchmark = (typeof BENCHMARKS)[number];

/** How to run the benchmarks. */
export interface BenchOptions {
  readonly only: readonly Benchmark[];
  /** How many Services the largest cluster has. */
  readonly services: number;
  /** Fewer rounds, and a small table in kube-proxy's old layout. */
  readonly isQuick: boolean;
  readonly format: 'text' | 'json';
  /** Whether docs/benchmarks.md gets the figures. */
  readonly writesDocs: boolean;
}

/** What `--help` prints. */
export const USAGE = `usage: npm run bench -- [OPTION]...

Measures how fast the kernel is programmed, beside kube-proxy's ways to do it, and how the userspace
proxy carries bytes, beside haproxy and nginx, in network namespaces of its own. Up to twenty
minutes. Needs nft, iptables in both variants, and root; in a user namespace, kube-proxy's larger
tables cannot be loaded, and are left out. For userspace: Debian's haproxy, nginx,
libnginx-mod-stream and apache2-utils.

  --only NAME     only ${BENCHMARKS.join(', ')}; may be repeated
  --services N    Services in the largest cluster (10000; with --quick 2000)
  --quick         smaller and shorter: under three minutes
  --json          print one JSON document instead of tables
  --write-docs    put the tables into docs/benchmarks.md as well; for a whole run
  --help          print this

Example:
  npm run bench -- --quick --only one-endpoint
`;

/** Reads the arguments; 'help' when they ask for it. Throws an Error whose message says what is wrong. */
export function parseOptions(argv: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string', multiple: true },
      services: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'write-docs': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const isWhole = !values.quick && values.only === undefined && values.services === undefined;
  if (values['write-docs'] && !isWhole) {
    throw new Error('--write-docs: expected a whole run, without --quick, --only and --services');
  }
  return {
    only: values.only === undefined ? BENCHMARKS : values.only.map(parseBenchmark),
    services: parseServices(values.services ?? (values.quick ? '2000' : '10000')),
    isQuick: values.quick,
    format: values.json ? 'json' : 'text',
    writesDocs: values['write-docs'],
  };
}

// --- internal ---

function parseBenchmark(text: string): Benchmark {
  const benchmark = BENCHMARKS.find((name) => name === text);
  if (benchmark === undefined) {
    throw new Error(`--only: expected one of ${BENCHMARKS.join(', ')}; got ${text}`);
  }
  return benchmark;
}

/** As many as the made-up cluster has addresses for. */
const MAX_SERVICES = 500_000;

function parseServices(text: string): number {
  const services = Number(text);
  if (!Number.isInteger(services) || services < 1 || services > MAX_SERVICES) {
    throw new Error(`--services: expected a number from 1 to ${MAX_SERVICES}; got ${text}`);
  }
  return services;
}
