import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { findTraces, markEnvironment } from '../../scripts/demo/leftovers.ts';
import { RUN_TIMEOUT_MS } from './packets/runs.ts';
import { eventually } from '../support/eventually.ts';

describe('the devcluster', function () {
  this.timeout(RUN_TIMEOUT_MS);
  let cluster: ChildProcessByStdio<null, Readable, null>;
  let output: string;

  before(markEnvironment);

  async function start(): Promise<void> {
    output = '';
    cluster = spawn(process.execPath, [DEVCLUSTER], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      cluster.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('stays up')) resolve();
      });
      cluster.once('exit', (code) => {
        reject(new Error(`ended with ${code}:\n${output}`));
      });
    });
  }

  /** The command that it prints for a purpose. */
  function commandTo(what: string): string {
    const [, command = ''] = new RegExp(`^ *${what}  +(.*)$`, 'm').exec(output) ?? [];
    return command;
  }

  const kubeconfig = (): string => commandTo('first').replace('export KUBECONFIG=', '');

  /** Types a command that it prints, in a shell as a person would. */
  async function type(what: string): Promise<string> {
    const { stdout } = await execa('bash', ['-c', commandTo(what)], {
      env: { KUBECONFIG: kubeconfig() },
    });
    return stdout;
  }

  /** Who answers when a command connects so many times. */
  async function answering(what: string, times: number): Promise<Set<string>> {
    const answers = await Promise.all(Array.from({ length: times }, () => type(what)));
    return new Set(answers.map((line) => (JSON.parse(line) as { by: string }).by));
  }

  async function untilNothingIsLeft(): Promise<void> {
    const left = (): string[] => [
      ...findTraces().processes.filter((id) => id !== String(process.pid)),
      ...(existsSync(dirname(kubeconfig())) ? [kubeconfig()] : []),
    ];
    await eventually(
      () => left().length === 0,
      () => `nothing is left, but ${left().join()}`,
    );
  }

  /** Ends it; nothing of it may be there any more. */
  async function endBy(signal: NodeJS.Signals): Promise<void> {
    expect(existsSync(kubeconfig())).to.be.true;
    cluster.kill(signal);
    await once(cluster, 'exit');
    await untilNothingIsLeft();
  }

  describe('that is up', () => {
    before(start);

    for (const what of ['from a pod', 'from a node', 'from outside', 'to a node port']) {
      it(`has a Service that is reached ${what} as it says`, async () => {
        const pods = await answering(what, 3);
        expect(['pod-1-1', 'pod-2-1', 'pod-3-1']).to.include.members([...pods]);
      });
    }

    it('shows what its agents have programmed as it says', async () => {
      expect(await type('rules')).to.include('table ip switchyard');
      expect(await type('an agent')).to.include('default/web:http');
    });

    it('takes changes from kubectl, which the agents program', async function () {
      const { failed } = await execa('kubectl', ['version', '--client'], { reject: false });
      // What is skipped says by its name that kubectl is missing.
      if (failed) this.skip();
      expect(await type('look'))
        .to.include('service/web')
        .and.include('node/node-3');
      await type('add a pod');
      const isThere = async (): Promise<boolean> =>
        (await answering('from a pod', 12)).has('pod-1-2');
      await eventually(isThere, 'the new pod answers');
      const isPrinted = (node: number): boolean =>
        new RegExp(`^ *node-${node} +IPv4 applied in .* ms: \\d+ added`, 'm').test(output);
      await eventually(
        () => [1, 2, 3].every(isPrinted),
        () => `every agent's change in\n${output}`,
      );
    });

    it('ends on Ctrl-C, and leaves nothing behind', async () => {
      await endBy('SIGINT');
      expect(cluster.exitCode).to.equal(0);
    });
  });

  it('leaves nothing behind when it is killed', async () => {
    await start();
    await endBy('SIGKILL');
  });

  it('explains itself, and refuses what it does not know', async () => {
    const help = await execa(process.execPath, [DEVCLUSTER, '--help']);
    expect(help.stdout).to.match(/^usage: npm run devcluster/);
    const wrong = await execa(process.execPath, [DEVCLUSTER, '--halp'], { reject: false });
    expect(wrong).to.include({ exitCode: 2, stdout: '', stderr: help.stdout });
  });

  it('says what is missing where a real API server is wanted', async () => {
    const env = { KUBEBUILDER_ASSETS: '/nowhere' };
    const { exitCode, stderr } = await execa(process.execPath, [DEVCLUSTER], {
      env,
      reject: false,
    });
    expect(exitCode).to.equal(1);
    expect(stderr).to.equal(
      'KUBEBUILDER_ASSETS is /nowhere, where there is no etcd and no kube-apiserver',
    );
  });
});

// --- internal ---

const DEVCLUSTER = fileURLToPath(new URL('../../scripts/devcluster.ts', import.meta.url));
