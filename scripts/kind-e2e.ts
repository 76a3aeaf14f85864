/**
 * End-to-end tests on a real cluster: makes one with kind, without kube-proxy and with two families,
 * deploys the agent as an image, sends packets between real pods and then, if it is given, runs
 * Kubernetes' own conformance tests for Services.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImage } from './image.ts';
import {
  IMAGE,
  clusterObstacle,
  createCluster,
  deleteCluster,
  type Cluster,
} from './kind/cluster.ts';
import { runCases } from './kind/packets.ts';
import { StepError, mustRun, runProgram, type Run } from './kind/run.ts';

/** What the test does, and with what. */
export interface KindOptions {
  /** Leaves the cluster up. */
  readonly keep: boolean;
  /** Where to write how the cluster is reached. */
  readonly kubeconfig: string;
  /** Kubernetes' compiled end-to-end tests, `e2e.test`. */
  readonly e2eTest: string | undefined;
}

/** What the test touches. */
export interface KindSeams {
  readonly run: Run;
  /** Builds the image with this name; resolves to the archive. */
  readonly buildImage: (name: string) => Promise<string>;
  readonly print: (line: string) => void;
}

/** No test ran, since there can be no cluster on this machine. */
export const EXIT_IMPOSSIBLE = 3;

/** Runs everything. Resolves to the exit code: 0, 1 when something failed, 3 when nothing could run. */
export async function testOnKind(options: KindOptions, seams: KindSeams): Promise<number> {
  const { run, print } = seams;
  const obstacle = await clusterObstacle(run);
  if (obstacle !== undefined) {
    print(`no cluster can be made here: ${obstacle}`);
    return EXIT_IMPOSSIBLE;
  }
  const cluster = { run, kubeconfig: options.kubeconfig };
  const archive = await seams.buildImage(IMAGE);
  try {
    await createCluster(cluster, archive);
    const failed = await testPackets(cluster, print);
    if (options.e2eTest !== undefined) print(await testConformance(cluster, options.e2eTest));
    return failed === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    print(error.message);
    return 1;
  } finally {
    if (options.keep) print(`the cluster stays: kubectl --kubeconfig ${options.kubeconfig}`);
    else await deleteCluster(cluster);
  }
}

// --- internal ---

const USAGE = `usage: npm run kind -- [--keep] [--e2e-test FILE]

  --keep           leave the cluster up
  --e2e-test FILE  Kubernetes' compiled end-to-end tests: run those of [sig-network] Services

Exit code: 0, 1 when something failed, 3 when there is no Docker, kind or kubectl.
`;

const FOCUS = String.raw`\[sig-network\] Services.*\[Conformance\]`;

async function testPackets(cluster: Cluster, print: KindSeams['print']): Promise<number> {
  let passed = 0;
  let failed = 0;
  for await (const { name, problem } of runCases(cluster)) {
    if (problem === undefined) passed += 1;
    else failed += 1;
    print(problem === undefined ? `ok      ${name}` : `FAILED  ${name}: ${problem}`);
  }
  print(`${passed} passed, ${failed} failed, 0 skipped`);
  return failed;
}

function testConformance({ run, kubeconfig }: Cluster, e2eTest: string): Promise<string> {
  const options = [`--kubeconfig=${kubeconfig}`, '--provider=skeleton', `--ginkgo.focus=${FOCUS}`];
  return mustRun(run, e2eTest, options);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      keep: { type: 'boolean', default: false },
      'e2e-test': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const out = join(import.meta.dirname, '../dist');
  const node = join(import.meta.dirname, '../node_modules/node/bin/node');
  return testOnKind(
    { keep: values.keep, kubeconfig: join(out, 'kubeconfig'), e2eTest: values['e2e-test'] },
    {
      run: runProgram,
      print,
      buildImage: async (name) => {
        await buildImage({ out, name, node });
        return join(out, 'image.tar');
      },
    },
  );
}

if (import.meta.main) process.exitCode = await main();
