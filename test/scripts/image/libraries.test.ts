import { expect } from 'chai';
import { librariesOf, parseLdd } from '../../../scripts/image/libraries.ts';

describe('the libraries of a program', () => {
  it('are the paths that ldd found, the linker among them', () => {
    const text = [
      '\tlinux-vdso.so.1 (0x00007ffd6b5f2000)',
      '\tlibnftables.so.1 => /lib/x86_64-linux-gnu/libnftables.so.1 (0x00007f4d1c2d5000)',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007f4d1c3d4000)',
    ].join('\n');
    expect(parseLdd(text)).to.deep.equal([
      '/lib/x86_64-linux-gnu/libnftables.so.1',
      '/lib64/ld-linux-x86-64.so.2',
    ]);
  });

  it('are none for a static program', () => {
    expect(parseLdd('\tstatically linked\n')).to.deep.equal([]);
  });

  it('cannot be told when one is missing', () => {
    expect(() => parseLdd('\tlibgone.so.1 => not found')).to.throw('libgone.so.1');
  });

  it('are found for a program of this machine', async () => {
    expect(await librariesOf(process.execPath)).to.satisfy((paths: readonly string[]) =>
      paths.some((path) => path.endsWith('/libc.so.6')),
    );
  });

  it('are none for a file that is no dynamic executable', async () => {
    expect(await librariesOf(import.meta.filename)).to.deep.equal([]);
  });
});
