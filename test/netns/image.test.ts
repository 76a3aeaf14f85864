import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { writeRoot } from '../../scripts/image.ts';
import { writeBundle } from '../../scripts/bundle.ts';
import { PROGRAMS } from '../../scripts/image/contents.ts';
import { readRoot } from '../../scripts/image/root.ts';
import { isPrivate } from '../../scripts/world/private.ts';
import { iptablesObstacle, itUnless } from './support/iptables-obstacle.ts';
import { IPTABLES_VARIANTS } from '../../agent/kernel/iptables-variant.ts';

const EXAMPLES = ['web.yaml', 'dns.yaml', 'nodes.yaml'];
const AS_NODE_1 = ['--manifests', '-', '--hostname-override', 'node-1'];

describe('the root file system of the image', () => {
  let folder: string;
  let root: string;

  before('needs the programs that go into it', async function () {
    if (!isPrivate()) throw new Error('it is entered in private namespaces only');
    folder = await mkdtemp(join(tmpdir(), 'switchyard-root-'));
    root = join(folder, 'root');
    const found = await Promise.all(
      Object.keys(PROGRAMS).map((name) => execa(name, ['--version'], { reject: false })),
    );
    if (found.some(({ code }) => code === 'ENOENT')) this.skip();
    const bundle = await writeBundle(join(folder, 'bundle'));
    await writeRoot(await readRoot({ node: process.execPath, bundle }), root);
    // The mount goes with the namespace; nothing outside sees it.
    await execa('mount', ['--no-mtab', '-t', 'proc', 'proc', join(root, 'proc')]);
  });

  after(async () => {
    await execa('umount', ['--no-mtab', join(root, 'proc')], { reject: false });
    await rm(folder, { recursive: true });
  });

  /** Runs the image's entry point in it, as a container runtime would. */
  const start = async (args: readonly string[], input = '') => {
    const command = [root, '/usr/local/bin/switchyard', ...args];
    const env = { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin' };
    return await execa('chroot', command, { input, env, extendEnv: false, reject: false });
  };

  const manifests = async (): Promise<string> => {
    const texts = await Promise.all(
      EXAMPLES.map((name) => readFile(join('manifests/examples', name), 'utf8')),
    );
    return texts.join('\n---\n');
  };

  it('has everything that the agent looks for', async () => {
    const { stdout, stderr, exitCode } = await start(['check']);
    expect(stderr).to.equal('');
    expect(stdout).to.match(/ok +nft /);
    expect(exitCode).to.equal(0);
  });

  it('programs the kernel, and finds nothing to change after that', async () => {
    const input = await manifests();
    expect(await start(['run', '--once', ...AS_NODE_1], input)).to.include({ exitCode: 0 });
    const { stdout } = await execa('nft', ['list', 'map', 'ip', 'switchyard', 'service-ips']);
    expect(stdout).to.match(/ \. tcp \. 80 comment "/);
    expect(await start(['diff', ...AS_NODE_1], input)).to.include({ stdout: '', exitCode: 0 });
  });

  for (const variant of IPTABLES_VARIANTS) {
    itUnless(iptablesObstacle(variant), `does the same by iptables-${variant}`, async () => {
      const input = await manifests();
      const mode = ['--proxy-mode', 'iptables', '--iptables-variant', variant, ...AS_NODE_1];
      expect(await start(['run', '--once', ...mode], input)).to.include({ exitCode: 0 });
      const { stdout } = await execa(`iptables-${variant}-save`, ['-t', 'nat']);
      expect(stdout).to.match(/^:KUBE-SVC-/m);
      expect(await start(['diff', ...mode], input)).to.include({ stdout: '', exitCode: 0 });
    });
  }

  it('cleans up', async () => {
    expect(await start(['cleanup'])).to.include({ exitCode: 0 });
    const { stdout } = await execa('nft', ['list', 'tables']);
    expect(stdout).not.to.include('switchyard');
  });

  for (const name of Object.keys(PROGRAMS)) {
    it(`starts ${name}`, async () => {
      const program = `/usr/sbin/${name}`;
      expect(await execa('chroot', [root, program, '--version'])).to.include({ exitCode: 0 });
    });
  }
});
