import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { buildImage } from '../../../scripts/image.ts';
import { PROGRAMS, RUNTIME } from '../../../scripts/image/contents.ts';
import { imageArchitecture, imageLayout, type ImageLayout } from '../../../scripts/image/layout.ts';

/** Stands for the Node binary where nobody starts it: a thousandth of the size. */
const SMALL_BINARY = '/bin/true';
const NAME = 'localhost/switchyard:test';

/** Whether this machine has a program; without options, since not all know `--version`. */
async function has(program: string): Promise<boolean> {
  const { code } = await execa(program, [], { reject: false, stdin: 'ignore' });
  return code !== 'ENOENT';
}

async function areProgramsHere(): Promise<boolean> {
  const found = await Promise.all(Object.keys(PROGRAMS).map(has));
  return found.every(Boolean);
}

describe('the image', () => {
  let out: string;
  let layout: ImageLayout;

  before('needs the programs that go into it', async function () {
    out = await mkdtemp(join(tmpdir(), 'switchyard-image-'));
    if (!(await areProgramsHere())) this.skip();
    layout = await buildImage({ out, name: NAME, node: SMALL_BINARY });
  });

  after(() => rm(out, { recursive: true }));

  it('has the same digest when it is built again', async () => {
    const again = await buildImage({ out, name: NAME, node: SMALL_BINARY });
    expect(again.digest).to.equal(layout.digest);
  });

  it('is the same as a folder and as an archive', async () => {
    const archived = await execa('tar', ['--list', '--file', join(out, 'image.tar')]);
    const written = await readdir(join(out, 'image'), { recursive: true });
    const names = archived.stdout.split('\n').map((name) => name.replace(/\/$/, ''));
    expect(names).to.have.members(written);
  });

  it('names its blobs by their digests', async () => {
    const folder = join(out, 'image/blobs/sha256');
    for (const name of await readdir(folder)) {
      const { stdout } = await execa('sha256sum', [join(folder, name)]);
      expect(stdout.slice(0, 64)).to.equal(name);
    }
  });

  it('has no shell, and nobody else that could start one', async () => {
    const names = await namesInLayers();
    expect(names.filter((name) => /(^|\/)(ba|da|a)?sh$|busybox|perl|python/.test(name))).to.be
      .empty;
    const executables = names.filter((name) => /(^|\/)s?bin\/./.test(name));
    expect(executables).to.have.members([
      'usr/local/bin/node',
      'usr/local/bin/switchyard',
      ...Object.keys(PROGRAMS).map((name) => `usr/sbin/${name}`),
    ]);
  });

  it('is read by skopeo', async function () {
    if (!(await has('skopeo'))) this.skip();
    const { stdout } = await execa('skopeo', ['inspect', '--config', `oci:${out}/image:test`]);
    const { config } = JSON.parse(stdout) as {
      config: { Entrypoint: string[]; User: string; Labels: Record<string, string> };
    };
    expect(config.Entrypoint).to.deep.equal(RUNTIME.entrypoint);
    expect(config.User).to.equal(RUNTIME.user);
    expect(config.Labels).to.deep.equal(RUNTIME.labels);
  });

  it('is unpacked by umoci', async function () {
    if (!(await has('umoci'))) this.skip();
    const unpacked = join(out, 'unpacked');
    await execa('umoci', ['unpack', '--rootless', '--image', `${out}/image:test`, unpacked]);
    const launcher = join(unpacked, 'rootfs/usr/local/bin/switchyard');
    expect((await stat(launcher)).mode & 0o777).to.equal(0o755);
    expect(await readFile(launcher, 'utf8')).to.match(/^#!\/usr\/local\/bin\/node\n/);
  });

  async function namesInLayers(): Promise<string[]> {
    const names: string[] = [];
    for (const { bytes } of layout.files) {
      // What begins like gzip is a layer.
      if (bytes?.subarray(0, 2).toString('hex') !== '1f8b') continue;
      const { stdout } = await execa('tar', ['--list', '--gzip'], { input: bytes });
      names.push(...stdout.split('\n'));
    }
    return names;
  }
});

describe('the name of an image', () => {
  const layoutOf = (name: string) => imageLayout([], { name, architecture: 'amd64' });

  it('is in the layout, whole and as a tag', () => {
    const index = layoutOf('host:5000/switchyard:dev').files.find(
      ({ path }) => path === '/index.json',
    );
    expect(String(index?.bytes)).to.include(
      '"io.containerd.image.name":"host:5000/switchyard:dev"',
    );
    expect(String(index?.bytes)).to.include('"org.opencontainers.image.ref.name":"dev"');
  });

  it('needs a tag', () => {
    expect(() => layoutOf('host:5000/switchyard')).to.throw(RangeError, 'host:5000/switchyard');
  });
});

describe('the architecture of an image', () => {
  it('has the name that Go gives it', () => {
    expect(['x64', 'arm64'].map(imageArchitecture)).to.deep.equal(['amd64', 'arm64']);
  });

  it('is one of those that are known', () => {
    expect(() => imageArchitecture('mips')).to.throw('mips');
  });
});
