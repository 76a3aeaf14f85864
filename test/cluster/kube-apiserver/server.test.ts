import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { useTempFolder } from '../../agent/cluster/support/temp-folder.ts';
import { eventually } from '../../support/eventually.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { ApiClient, RefusedError } from '../api-client.ts';
import { certificatesObstacle } from '../certificates.ts';
import { apiServerObstacle, createApiServer, isRealServerWanted } from '../server.ts';

/** Programs that stand in for etcd and kube-apiserver. */
const FAKES = join(import.meta.dirname, '../../fixtures/envtest');

/** What this process's servers have left in the folder for temporary files. */
async function foldersLeft(): Promise<string[]> {
  const names = await readdir(tmpdir());
  return names.filter((name) => name.startsWith('switchyard-kube-apiserver-'));
}

describe('the choice of the API server', () => {
  const at = useTempFolder();

  it('is the test server unless KUBEBUILDER_ASSETS names a folder', () => {
    expect(isRealServerWanted({})).to.be.false;
    expect(isRealServerWanted({ KUBEBUILDER_ASSETS: '' })).to.be.false;
    expect(isRealServerWanted({ KUBEBUILDER_ASSETS: FAKES })).to.be.true;
  });

  it('names the programs that are missing', async () => {
    await writeFile(at('etcd'), '');
    expect(await apiServerObstacle({ KUBEBUILDER_ASSETS: at() })).to.equal(
      `KUBEBUILDER_ASSETS is ${at()}, where there is no kube-apiserver`,
    );
  });
});

describe('kube-apiserver as the API server', () => {
  const at = useTempFolder();
  let foldersBefore: string[];

  before(async function () {
    if ((await certificatesObstacle()) !== undefined) this.skip();
  });
  beforeEach(async () => {
    foldersBefore = await foldersLeft();
  });
  afterEach(async () => {
    expect(await foldersLeft()).to.deep.equal(foldersBefore);
  });

  it('lets in who has a token, and gives agents their role', async () => {
    const server = await createApiServer({ KUBEBUILDER_ASSETS: FAKES });
    try {
      for (const user of ['admin', 'agent'] as const) {
        const client = new ApiClient(server.access(user));
        const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/switchyard';
        expect(await client.json('GET', path)).to.have.property('kind', 'ClusterRole');
        client.close();
      }
      const nobody = new ApiClient({ ...server.access('admin'), token: 'wrong' });
      const refusal = await rejectionOf(nobody.json('GET', '/api/v1/services'), RefusedError);
      expect(refusal.code).to.equal(401);
      nobody.close();
    } finally {
      await server.close();
    }
  });

  it('is away between its end and its next start', async () => {
    const server = await createApiServer({ KUBEBUILDER_ASSETS: FAKES });
    const client = new ApiClient(server.access('admin'));
    try {
      await server.kill();
      await rejectionOf(client.text('GET', '/readyz'), Error);
      await server.restart();
      expect(await client.text('GET', '/readyz')).to.equal('ok');
    } finally {
      client.close();
      await server.close();
    }
  });

  it('says what a program said that ends at once', async () => {
    await mkdir(at('bin'));
    await symlink(join(FAKES, 'etcd'), at('bin/etcd'));
    const script = '#!/bin/sh\necho "bad flags: $#" >&2\nexit 3\n';
    await writeFile(at('bin/kube-apiserver'), script, { mode: 0o755 });
    const error = await rejectionOf(createApiServer({ KUBEBUILDER_ASSETS: at('bin') }), Error);
    expect(error.message)
      .to.match(/kube-apiserver: .*exit code 3/)
      .and.include('bad flags: 1');
  });

  it('does not outlive a process that is killed', async () => {
    const script = `
      const { startChild } = await import(${JSON.stringify(join(import.meta.dirname, 'child.ts'))});
      startChild(${JSON.stringify(join(FAKES, 'etcd'))}, ['--one'], ${JSON.stringify(at('log'))});
      const { existsSync, readFileSync } = await import('node:fs');
      const look = () => existsSync(${JSON.stringify(at('log'))}) && readFileSync(${JSON.stringify(at('log'))}).length > 0;
      setInterval(() => { if (look()) process.kill(process.pid, 'SIGKILL'); }, 20);`;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    expect(signal).to.equal('SIGKILL');
    expect(await readFile(at('log'), 'utf8')).to.equal('["--one"]\n');
    // The kernel kills it a moment after this process is gone.
    const isRunning = async (): Promise<boolean> => {
      const running = await Promise.all((await readdir('/proc')).map(commandLineOf));
      return running.some((line) => line.includes(join(FAKES, 'etcd')));
    };
    await eventually(
      async () => !(await isRunning()),
      () => 'the program is gone',
    );
  });
});

// --- internal ---

/** Of a process by its id; empty when there is none. */
async function commandLineOf(id: string): Promise<string> {
  try {
    return await readFile(`/proc/${id}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
