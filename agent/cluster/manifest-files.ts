/**
 * Which files manifests are read from, and their text. Everything that a file system can answer
 * for one file is an outcome here, so that one bad file never hides the others.
 */
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ManifestPathError, messageOf } from './problems.ts';

/** The path that stands for standard input. */
export const STDIN_PATH = '-';

/** What came of reading one file. */
export type FileReading =
  | { readonly kind: 'text'; readonly text: string; readonly version: string }
  /** Still the version that the caller knows. */
  | { readonly kind: 'unchanged' }
  /** Deleted since it was listed. */
  | { readonly kind: 'gone' }
  /** It is there, but not to be read now; the reason is a sentence for people. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * The files at a path in the order of their names: the file itself, or those in the folder that end
 * in .yaml, .yml or .json, without its subfolders and hidden files (as `kubectl -f`; the hidden ones
 * are the editors' and, in a mounted ConfigMap, the kubelet's). Throws ManifestPathError when there
 * is neither a file nor a folder.
 */
export async function listManifestFiles(path: string): Promise<readonly string[]> {
  try {
    const stats = await stat(path);
    if (stats.isFile()) return [path];
    if (stats.isDirectory()) {
      const names = (await readdir(path)).filter(isManifestName).sort();
      return names.map((name) => join(path, name));
    }
  } catch (error) {
    throw pathError(path, isNotFound(error) ? 'nothing' : messageOf(error), error);
  }
  throw pathError(path, 'something else');
}

/**
 * Reads a file unless it is of the known version. A version is what the file system says of a file
 * without opening it: it differs after a write, a rename over it and a switched symbolic link.
 */
export async function readManifestFile(
  path: string,
  knownVersion: string | undefined,
): Promise<FileReading> {
  try {
    const stats = await stat(path, { bigint: true });
    if (!stats.isFile()) {
      const found = stats.isDirectory() ? 'a folder' : 'something else';
      return unreadable(`expected a regular file, got ${found}`);
    }
    if (stats.size > MAX_BYTES) return unreadable(tooLarge(stats.size));
    const { dev, ino, size, mtimeNs, ctimeNs } = stats;
    const version = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    if (version === knownVersion) return { kind: 'unchanged' };
    return decode(await readFile(path), version);
  } catch (error) {
    if (isNotFound(error) && !(await exists(path))) return { kind: 'gone' };
    return unreadable(isNotFound(error) ? 'the link points to nothing' : messageOf(error));
  }
}

/** Reads standard input to its end. Throws ManifestPathError when that fails. */
export async function readManifestStream(stream: Readable): Promise<FileReading> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_BYTES) return unreadable(tooLarge(size));
      chunks.push(chunk);
    }
  } catch (error) {
    const message = `expected manifests on standard input: ${messageOf(error)}`;
    throw new ManifestPathError(message, { cause: error });
  }
  return decode(Buffer.concat(chunks), '');
}

/** Whether a file system operation failed because there is nothing at the path. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

// --- internal ---

const MIB = 1024 * 1024;

/** V8's longest string is twice as long; above that there is no text to parse. */
const MAX_BYTES = 256 * MIB;

function isManifestName(name: string): boolean {
  return /\.(ya?ml|json)$/.test(name) && !name.startsWith('.');
}

function pathError(path: string, found: string, cause?: unknown): ManifestPathError {
  const message = `expected a file, a folder or ${STDIN_PATH} at ${path}, found ${found}`;
  return new ManifestPathError(message, { cause });
}

/** UTF-8 with or without a byte order mark, which is not part of the text. */
function decode(bytes: Uint8Array, version: string): FileReading {
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), version };
  } catch {
    return unreadable('expected UTF-8 text, got other bytes');
  }
}

function unreadable(reason: string): FileReading {
  return { kind: 'unreadable', reason };
}

function tooLarge(size: number | bigint): string {
  return `expected at most ${MAX_BYTES / MIB} MiB, got ${size} bytes`;
}

/** Whether there is an entry of this name, if only a link to nothing. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
