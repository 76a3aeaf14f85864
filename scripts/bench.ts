/**
 * `npm run bench`: measures, and prints what came of it; see docs/benchmarks.md. Everything happens
 * in private namespaces: the host's network and ruleset are not touched.
 */
import { fileURLToPath } from 'node:url';
import { writeDocs } from './bench/docs.ts';
import { parseOptions, USAGE, type BenchOptions } from './bench/options.ts';
import { planRun } from './bench/plan.ts';
import { renderReport } from './bench/report.ts';
import { runStations } from './bench/run.ts';
import { isPrivate, privateNamespaceObstacle, runPrivately } from './world/private.ts';

process.exitCode = await main(process.argv.slice(2));

// --- internal ---

async function main(argv: readonly string[]): Promise<number> {
  let options: BenchOptions | 'help';
  try {
    options = parseOptions(argv);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (isPrivate()) return measure(options);
  const obstacle = privateNamespaceObstacle();
  if (obstacle === undefined) return runPrivately([fileURLToPath(import.meta.url), ...argv]);
  process.stderr.write(`${obstacle}\n`);
  return 1;
}

async function measure(options: BenchOptions): Promise<number> {
  const figures = await runStations(planRun(options), (text) => {
    process.stderr.write(`${text}\n`);
  });
  const report = renderReport(figures);
  process.stdout.write(
    options.format === 'json' ? `${JSON.stringify(figures, null, 2)}\n` : report,
  );
  if (options.writesDocs) writeDocs(report);
  return figures.failures.length === 0 ? 0 : 1;
}
