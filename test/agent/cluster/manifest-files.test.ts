import { execFileSync } from 'node:child_process';
import { mkdir, rename, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import {
  listManifestFiles,
  readManifestFile,
  readManifestStream,
} from '../../../agent/cluster/manifest-files.ts';
import { ManifestPathError } from '../../../agent/cluster/problems.ts';
import { useTempFolder } from './support/temp-folder.ts';

describe('manifest files', () => {
  const at = useTempFolder();

  describe('listing', () => {
    it('a file is itself, whatever it is called', async () => {
      await writeFile(at('web.txt'), '');
      expect(await listManifestFiles(at('web.txt'))).to.deep.equal([at('web.txt')]);
    });

    it('a folder is its .yaml, .yml and .json files in the order of their names', async () => {
      for (const name of [
        'b.yml',
        'a.yaml',
        'B.json',
        'c.txt',
        '.hidden.yaml',
        'd.yaml~',
        'yaml',
      ]) {
        await writeFile(at(name), '');
      }
      const names = ['B.json', 'a.yaml', 'b.yml'];
      expect(await listManifestFiles(at())).to.deep.equal(names.map((name) => at(name)));
    });

    it('a folder in a folder is left out', async () => {
      await mkdir(at('nested'));
      await writeFile(at('nested', 'a.yaml'), '');
      expect(await listManifestFiles(at())).to.deep.equal([]);
    });

    it('a link to a folder is that folder', async () => {
      await mkdir(at('real'));
      await writeFile(at('real', 'a.yaml'), '');
      await symlink('real', at('link'));
      expect(await listManifestFiles(at('link'))).to.deep.equal([at('link', 'a.yaml')]);
    });

    it('nothing is an error that says so', async () => {
      const error = await rejection(listManifestFiles(at('missing')));
      expect(error).to.be.instanceOf(ManifestPathError);
      expect(error.message).to.equal(
        `expected a file, a folder or - at ${at('missing')}, found nothing`,
      );
    });

    it('a device is an error that says so', async () => {
      const error = await rejection(listManifestFiles('/dev/null'));
      expect(error).to.be.instanceOf(ManifestPathError);
      expect(error.message).to.equal(
        'expected a file, a folder or - at /dev/null, found something else',
      );
    });
  });

  describe('reading a file', () => {
    it('gives its text and version', async () => {
      await writeFile(at('a.yaml'), 'a: é\n');
      const reading = await readManifestFile(at('a.yaml'), undefined);
      expect(reading).to.include({ kind: 'text', text: 'a: é\n' });
    });

    it('leaves a byte order mark out', async () => {
      await writeFile(at('a.yaml'), '\ufeffa: 1\n');
      const reading = await readManifestFile(at('a.yaml'), undefined);
      expect(reading).to.include({ kind: 'text', text: 'a: 1\n' });
    });

    it('of the known version finds it unchanged', async () => {
      await writeFile(at('a.yaml'), 'a: 1\n');
      const version = await versionOf(at('a.yaml'));
      expect(await readManifestFile(at('a.yaml'), version)).to.deep.equal({ kind: 'unchanged' });
    });

    const changes: { name: string; change: () => Promise<void> }[] = [
      { name: 'other text', change: () => writeFile(at('a.yaml'), 'a: 12\n') },
      { name: 'another time', change: () => utimes(at('a.yaml'), 1, 1) },
      {
        name: 'another file of the same size and time',
        change: async () => {
          await writeFile(at('new'), 'a: 2\n');
          await utimes(at('new'), 1000, 1000);
          await rename(at('new'), at('a.yaml'));
        },
      },
    ];
    for (const { name, change } of changes) {
      it(`finds a new version after ${name}`, async () => {
        await writeFile(at('a.yaml'), 'a: 1\n');
        await utimes(at('a.yaml'), 1000, 1000);
        const version = await versionOf(at('a.yaml'));
        await change();
        expect(await readManifestFile(at('a.yaml'), version)).to.include({ kind: 'text' });
      });
    }

    it('finds it gone when it was deleted', async () => {
      const reading = await readManifestFile(at('a.yaml'), undefined);
      expect(reading).to.deep.equal({ kind: 'gone' });
    });

    const unreadable: { name: string; make: () => Promise<void> | void; reason: RegExp }[] = [
      {
        name: 'a folder',
        make: () => mkdir(at('a.yaml')),
        reason: /^expected a regular file, got a folder$/,
      },
      {
        name: 'a pipe, which would never end',
        make: () => {
          execFileSync('mkfifo', [at('a.yaml')]);
        },
        reason: /^expected a regular file, got something else$/,
      },
      {
        name: 'a link to nothing',
        make: () => symlink('nothing', at('a.yaml')),
        reason: /^the link points to nothing$/,
      },
      {
        name: 'a link to itself',
        make: () => symlink('a.yaml', at('a.yaml')),
        reason: /ELOOP/,
      },
      {
        name: 'other bytes than UTF-8',
        make: () => writeFile(at('a.yaml'), Buffer.from('a: 1', 'utf16le').fill(0xff, 0, 1)),
        reason: /^expected UTF-8 text, got other bytes$/,
      },
      {
        name: 'a file too large to be text',
        make: async () => {
          await writeFile(at('a.yaml'), '');
          await truncate(at('a.yaml'), 256 * 1024 * 1024 + 1);
        },
        reason: /^expected at most 256 MiB, got 268435457 bytes$/,
      },
    ];
    for (const { name, make, reason } of unreadable) {
      it(`refuses ${name}`, async () => {
        await make();
        const reading = await readManifestFile(at('a.yaml'), undefined);
        expect(reading.kind).to.equal('unreadable');
        expect(reading).to.have.property('reason').that.matches(reason);
      });
    }
  });

  describe('reading standard input', () => {
    it('puts its pieces together, even inside a character', async () => {
      const bytes = Buffer.from('\ufeffa: é\n');
      const pieces = Array.from(bytes, (byte) => Buffer.from([byte]));
      const reading = await readManifestStream(Readable.from(pieces));
      expect(reading).to.include({ kind: 'text', text: 'a: é\n' });
    });

    it('fails with an error that says so', async () => {
      const stdin = new Readable({
        read() {
          this.destroy(new Error('EISDIR: illegal operation on a directory, read'));
        },
      });
      const error = await rejection(readManifestStream(stdin));
      expect(error).to.be.instanceOf(ManifestPathError);
      expect(error.message).to.equal(
        'expected manifests on standard input: EISDIR: illegal operation on a directory, read',
      );
    });
  });
});

async function versionOf(path: string): Promise<string> {
  const reading = await readManifestFile(path, undefined);
  if (reading.kind !== 'text') throw new Error(reading.kind);
  return reading.version;
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('it did not reject');
  return error;
}
