/** A temporary folder with the manifests of a test. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterSource } from './source.ts';

/** Makes an empty folder. */
export async function createManifestFolder(): Promise<ManifestFolder> {
  return new ManifestFolder(await mkdtemp(join(tmpdir(), 'switchyard-manifests-')));
}

/** A folder with one manifest. */
export class ManifestFolder implements ClusterSource {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  get flags(): readonly string[] {
    return ['--manifests', this.#path];
  }

  /** Replaces everything at once, as a mounted ConfigMap does: no reader sees half of it. */
  async write(objects: readonly object[]): Promise<void> {
    const hidden = join(this.#path, '.next');
    await writeFile(hidden, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await rename(hidden, join(this.#path, 'objects.json'));
  }

  async close(): Promise<void> {
    await rm(this.#path, { recursive: true });
  }
}
