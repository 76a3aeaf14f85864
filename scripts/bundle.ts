/**
 * The agent as a few files that need nothing but Node: `dist/switchyard.js` and the chunks that it
 * loads when it needs them. What is imported dynamically (the API client) has a chunk of its own, so
 * that commands without an API server start without it.
 */
import { rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, stop } from 'esbuild';

/** A bundle that was written. */
export interface Bundle {
  readonly folder: string;
  /** The file to start, in that folder. */
  readonly main: string;
  /** Every file but the source maps, relative to the folder, sorted. */
  readonly files: readonly string[];
}

/** Writes the bundle into a folder, in place of an older one. */
export async function writeBundle(folder: string): Promise<Bundle> {
  // Chunks are named by their content: old ones would stay for ever.
  await rm(join(folder, CHUNKS), { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { switchyard: 'agent/main.ts' },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    chunkNames: `${CHUNKS}/[name]-[hash]`,
    banner: { js: REQUIRE },
    // Short names would make it start slower, and stacks unreadable.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'linked',
    metafile: true,
    logLevel: 'warning',
  });
  // Otherwise its helper process stays for as long as ours.
  await stop();
  const files = Object.keys(metafile.outputs)
    .map((path) => relative(folder, join(ROOT, path)))
    .filter((path) => !path.endsWith('.map'))
    .sort();
  return { folder, main: MAIN, files };
}

// --- internal ---

const ROOT = join(import.meta.dirname, '..');
const MAIN = 'switchyard.js';
const CHUNKS = 'chunks';

/** CommonJS packages in the bundle call `require` for Node's own modules; an ES module has none. */
const REQUIRE =
  "import{createRequire as createRequire_}from'node:module';" +
  'const require=createRequire_(import.meta.url);';

const USAGE = `usage: npm run build -- [--out FOLDER]

  --out FOLDER   where to write (default dist)
`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const bundle = await writeBundle(resolve(values.out ?? join(ROOT, 'dist')));
  process.stdout.write(`wrote ${join(bundle.folder, bundle.main)}\n`);
}

if (import.meta.main) await main();
