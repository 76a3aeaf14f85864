/**
 * A tar archive, in the POSIX format "ustar". Ours, since the same files have to become the same
 * bytes on every machine, whatever version of tar it has.
 */
import { Buffer } from 'node:buffer';
import type { ImageFile } from './file.ts';

/** Packs files in the order given. Throws for a path too long for the format. */
export function packTar(files: readonly ImageFile[]): Buffer {
  const blocks: Buffer[] = [];
  for (const file of files) {
    const bytes = file.bytes ?? Buffer.alloc(0);
    blocks.push(headerOf(file, bytes.length), bytes, Buffer.alloc(paddingAfter(bytes.length)));
  }
  blocks.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(blocks);
}

// --- internal ---

/** Everything in an archive is a multiple of this long, in bytes. */
const BLOCK = 512;

function paddingAfter(length: number): number {
  return (BLOCK - (length % BLOCK)) % BLOCK;
}

function headerOf({ path, mode, bytes }: ImageFile, size: number): Buffer {
  const isFolder = bytes === undefined;
  const { name, prefix } = splitPath(`${path.slice(1)}${isFolder ? '/' : ''}`);
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108); // user
  header.write(octal(0, 7), 116); // group
  header.write(octal(size, 11), 124);
  header.write(octal(0, 11), 136); // time
  header.write(isFolder ? '5' : '0', 156);
  header.write('ustar\u000000', 257);
  header.write(prefix, 345);
  // The sum of all bytes, its own field counted as spaces.
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\u0000 `, 148);
  return header;
}

/** A long path is cut at a slash into a prefix of up to 155 bytes and a name of up to 100. */
function splitPath(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100 && name !== '') {
      return { name, prefix };
    }
  }
  throw new RangeError(`a tar archive cannot hold a path as long as /${path}`);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
