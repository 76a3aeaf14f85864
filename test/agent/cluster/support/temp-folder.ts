/** A folder of its own for each test that asks for one, removed when the test is over. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Registers hooks in the calling suite; the answer names the current test's folder, or a path in it. */
export function useTempFolder(): (...names: string[]) => string {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-manifests-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return (...names) => join(folder, ...names);
}

/** Writes a file in one step, so that a test that watches it never sees it half written. */
export async function put(path: string, text: string): Promise<void> {
  const prepared = join(dirname(path), `.${basename(path)}`);
  await writeFile(prepared, text);
  await rename(prepared, path);
}
