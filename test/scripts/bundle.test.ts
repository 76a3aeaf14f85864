import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import packageJson from '../../package.json' with { type: 'json' };
import { createProgram } from '../../agent/cli/program.ts';
import { writeBundle, type Bundle } from '../../scripts/bundle.ts';

const MANIFESTS = ['--manifests', 'manifests/examples', '--hostname-override', 'node-1'];

describe('the bundle', () => {
  let folder: string;
  let bundle: Bundle;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-bundle-'));
    bundle = await writeBundle(folder);
  });

  after(() => rm(folder, { recursive: true }));

  const start = (...args: string[]) => {
    return execa(process.execPath, [join(folder, bundle.main), ...args], { reject: false });
  };

  it('knows its version without a package.json', async () => {
    const { stdout } = await start('--version');
    expect(stdout).to.equal(packageJson.version);
  });

  for (const command of createProgram().commands) {
    it(`has the command ${command.name()}`, async () => {
      const { stdout, exitCode } = await start(command.name(), '--help');
      expect(stdout).to.include(`switchyard ${command.name()}`);
      expect(exitCode).to.equal(0);
    });
  }

  it('renders what the sources render', async () => {
    const [fromBundle, fromSources] = await Promise.all([
      start('render', ...MANIFESTS),
      execa(process.execPath, ['agent/main.ts', 'render', ...MANIFESTS]),
    ]);
    expect(fromBundle.stderr).to.equal(fromSources.stderr);
    expect(fromBundle.stdout).to.equal(fromSources.stdout);
  });

  it('keeps the API client out of what every command loads', async () => {
    expect(await textLoadedWith(bundle.main)).not.to.include('loadFromCluster');
  });

  /** The text of a file of the bundle and of all that it imports before it starts. */
  async function textLoadedWith(file: string): Promise<string> {
    const loaded = new Map<string, string>();
    const load = async (name: string): Promise<void> => {
      if (loaded.has(name)) return;
      const text = await readFile(join(folder, name), 'utf8');
      loaded.set(name, text);
      for (const [, imported = ''] of text.matchAll(/(?:from|import)"(\.[^"]+)"/g)) {
        await load(join(dirname(name), imported));
      }
    };
    await load(file);
    return [...loaded.values()].join('');
  }

  it('says the same file names when it is written again over an older one', async () => {
    expect(await writeBundle(folder)).to.deep.equal(bundle);
  });
});
