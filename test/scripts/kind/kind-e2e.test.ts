import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { EXIT_IMPOSSIBLE, testOnKind, type KindOptions } from '../../../scripts/kind-e2e.ts';
import type { RunResult } from '../../../scripts/kind/run.ts';
import { schemaProblems } from '../../manifests/support/api-schema.ts';
import { objectsIn } from '../../manifests/support/objects.ts';
import { clusterIp, nodeIp } from '../../support/addresses.ts';

const OPTIONS: KindOptions = { keep: false, kubeconfig: '/out/kubeconfig', e2eTest: undefined };
const KIND = '../scripts/kind';

/** What happened, in order. */
interface Course {
  readonly exitCode: number;
  readonly commands: readonly string[];
  readonly lines: readonly string[];
}

/** Answers to commands that begin with these words; every other one succeeds and writes nothing. */
type Answers = Readonly<Record<string, Partial<RunResult>>>;

/** The cluster as kubectl would tell it, with clients that reach whom they should. */
const HEALTHY: Answers = {
  'kubectl get pods': { stdout: 'web-1 web-2' },
  'kubectl get service web': {
    stdout: IP_FAMILIES.map((family) => clusterIp(family, 1)).join(' '),
  },
  'kubectl get service nobody': { stdout: clusterIp('IPv4', 2) },
  'kubectl get nodes': { stdout: `${nodeIp('IPv4', 1)} ${nodeIp('IPv6', 1)}` },
};

/** A client's report: ports 82 and 30090 and the Service without pods are refused. */
function dial(command: string): string {
  const isRefused = /port=(82|30090)&/.test(command) || command.includes(clusterIp('IPv4', 2));
  return isRefused
    ? JSON.stringify({ errors: ['connect: connection refused'] })
    : JSON.stringify({ responses: ['web-1', 'web-2'] });
}

async function test(answers: Answers, options: Partial<KindOptions> = {}): Promise<Course> {
  const commands: string[] = [];
  const lines: string[] = [];
  const exitCode = await testOnKind(
    { ...OPTIONS, ...options },
    {
      run: (program, args) => {
        const words = args.join(' ').replace(/--kubeconfig \S+ |--namespace \S+ /g, '');
        const command = `${program} ${words}`;
        commands.push(command);
        const answer = Object.entries(answers).find(([start]) => command.startsWith(start));
        const stdout = command.startsWith('kubectl exec') ? dial(command) : '';
        return Promise.resolve({ exitCode: 0, stdout, stderr: '', ...answer?.[1] });
      },
      buildImage: (name) => {
        commands.push(`build ${name}`);
        return Promise.resolve('/out/image.tar');
      },
      print: (line) => lines.push(line),
    },
  );
  return { exitCode, commands, lines };
}

describe('the test on kind', () => {
  for (const program of ['docker', 'kind', 'kubectl']) {
    it(`says so and builds nothing without ${program}`, async () => {
      const absent = { [program]: { exitCode: undefined, stderr: `spawn ${program} ENOENT` } };
      const { exitCode, commands, lines } = await test(absent);
      expect(exitCode).to.equal(EXIT_IMPOSSIBLE);
      expect(lines.join()).to.match(new RegExp(`${program} ENOENT\n.*[Ii]nstall ${program}`, 'i'));
      expect(commands.join()).not.to.match(/build|create/);
    });
  }

  it('makes the cluster, loads the image, deploys the agent, and removes the cluster', async () => {
    const { exitCode, commands, lines } = await test(HEALTHY);
    expect(lines.filter((line) => line.startsWith('FAILED'))).to.deep.equal([]);
    expect(exitCode).to.equal(0);
    const steps = commands.filter((command) => !/^kubectl (exec|get)/.test(command));
    expect(steps.map((step) => step.split(' ').slice(0, 3).join(' '))).to.deep.equal([
      'docker info',
      'kind version',
      'kubectl version --client',
      'build localhost/switchyard:kind',
      'kind create cluster',
      'kind load image-archive',
      'kubectl apply --kustomize',
      'kubectl rollout status',
      'kubectl apply --filename',
      'kubectl rollout status',
      'kubectl wait --for',
      'kind delete cluster',
    ]);
  });

  it('fails when one case fails, and runs the others', async () => {
    const broken = { 'kubectl exec node-client': { stdout: '{"errors":["i/o timeout"]}' } };
    const { exitCode, lines } = await test({ ...HEALTHY, ...broken });
    expect(exitCode).to.equal(1);
    expect(lines.at(-1)).to.match(/^[1-9]\d* passed, [1-9]\d* failed, 0 skipped$/);
    expect(lines).to.include(
      `FAILED  node-client to ${clusterIp('IPv4', 1)}:80 by http: i/o timeout`,
    );
  });

  it('removes the cluster when a step fails, and quotes what that said', async () => {
    const failing = { 'kubectl rollout': { exitCode: 1, stderr: 'timed out waiting' } };
    const { exitCode, commands, lines } = await test({ ...HEALTHY, ...failing });
    expect(exitCode).to.equal(1);
    expect(lines.join()).to.include('timed out waiting');
    expect(commands.at(-1)).to.match(/^kind delete cluster/);
  });

  it('leaves the cluster up when asked to', async () => {
    const { commands, lines } = await test(HEALTHY, { keep: true });
    expect(commands.join()).not.to.include('delete');
    expect(lines.at(-1)).to.include('/out/kubeconfig');
  });

  it('runs the conformance tests for Services when it has them, and fails with them', async () => {
    const { exitCode, commands } = await test(
      { ...HEALTHY, '/e2e.test': { exitCode: 1, stderr: 'not conformant' } },
      { e2eTest: '/e2e.test' },
    );
    expect(commands.at(-2)).to.match(/^\/e2e.test .*--ginkgo.focus=.*sig-network.* Services/);
    expect(exitCode).to.equal(1);
  });
});

describe('what the test on kind deploys', () => {
  it('is known to the API, field by field', () => {
    expect(objectsIn(join(KIND, 'workload.yaml')).flatMap(schemaProblems)).to.deep.equal([]);
  });

  it('is a cluster of three nodes and two families, without kube-proxy', () => {
    const file = join(import.meta.dirname, '../../../scripts/kind/cluster.yaml');
    expect(parse(readFileSync(file, 'utf8'))).to.deep.include({
      networking: { ipFamily: 'dual', kubeProxyMode: 'none' },
      nodes: [{ role: 'control-plane' }, { role: 'worker' }, { role: 'worker' }],
    });
  });
});
