import { expect } from 'chai';
import { execa } from 'execa';
import { folder, textFile, withParents, type ImageFile } from '../../../scripts/image/file.ts';
import { packTar } from '../../../scripts/image/tar.ts';

/** What the system's tar finds in an archive: one line a file. */
async function list(files: readonly ImageFile[]): Promise<string[]> {
  const { stdout } = await execa('tar', ['--list', '--verbose', '--numeric-owner', '--utc'], {
    input: packTar(files),
  });
  return stdout.split('\n').map((line) => line.replace(/ +/g, ' '));
}

/** The content of one file of an archive, as the system's tar reads it. */
async function extract(files: readonly ImageFile[], name: string): Promise<string> {
  const command = ['--extract', '--to-stdout', name];
  const { stdout } = await execa('tar', command, {
    input: packTar(files),
    stripFinalNewline: false,
  });
  return stdout;
}

describe('a tar archive', () => {
  it('has modes, sizes and names, belongs to root and has no time', async () => {
    expect(await list([folder('/bin'), textFile('/bin/true', 'text', 0o755)])).to.deep.equal([
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 bin/',
      '-rwxr-xr-x 0/0 4 1970-01-01 00:00 bin/true',
    ]);
  });

  for (const length of [0, 1, 511, 512, 513, 100_000]) {
    it(`gives back ${length} bytes`, async () => {
      const text = 'x'.repeat(length);
      expect(
        await extract([textFile('/first', text), textFile('/second', text)], 'second'),
      ).to.equal(text);
    });
  }

  for (const path of [
    `/${'f'.repeat(100)}`,
    `/${'f'.repeat(60)}/${'g'.repeat(60)}`,
    `/${'f'.repeat(155)}/${'g'.repeat(100)}`,
  ]) {
    it(`holds a path of ${path.length - 1} bytes`, async () => {
      expect(await extract([textFile(path, 'found')], path.slice(1))).to.equal('found');
    });
  }

  it('refuses a path that has no place to be cut', () => {
    const path = `/${'x'.repeat(101)}`;
    expect(() => packTar([textFile(path, '')])).to.throw(RangeError, path);
  });
});

describe('files with their parents', () => {
  it('have every folder once, before what is in it', () => {
    const files = withParents([textFile('/b/c/two', ''), textFile('/b/c/one', ''), folder('/b')]);
    expect(files.map(({ path }) => path)).to.deep.equal(['/b', '/b/c', '/b/c/one', '/b/c/two']);
  });
});
