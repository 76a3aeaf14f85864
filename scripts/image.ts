/**
 * The container image, without a container engine: Node, the bundle, nft, conntrack and their
 * libraries, and nothing else, as an OCI image layout and as an archive of it. On one machine it is
 * the same image, to the digest, every time.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeBundle } from './bundle.ts';
import { DEFAULT_NAME } from './image/contents.ts';
import { withParents, type ImageFile } from './image/file.ts';
import { imageArchitecture, imageLayout, type ImageLayout } from './image/layout.ts';
import { readRoot, type Root } from './image/root.ts';
import { packTar } from './image/tar.ts';

/** What to build, and where. */
export interface ImageOptions {
  /** The layout is written to `image/` in it, the archive to `image.tar`, the bundle beside them. */
  readonly out: string;
  /** With a tag: `localhost/switchyard:dev`. */
  readonly name: string;
  /** The Node binary to ship. */
  readonly node: string;
}

/** Builds the image. Rejects with what to install when something is missing. */
export async function buildImage({ out, name, node }: ImageOptions): Promise<ImageLayout> {
  const root = await readRoot({ node, bundle: await writeBundle(out) });
  const architecture = imageArchitecture(process.arch);
  const layout = imageLayout([root.system, root.agent], { name, architecture });
  await writeTree(layout.files, join(out, 'image'));
  await writeFile(join(out, 'image.tar'), packTar(layout.files));
  return layout;
}

/** Writes the image's root file system as plain files, for a Dockerfile to copy. */
export async function writeRoot(root: Root, folder: string): Promise<void> {
  await writeTree(withParents([...root.system, ...root.agent]), folder);
}

// --- internal ---

const PROJECT = join(import.meta.dirname, '..');

const USAGE = `usage: npm run image -- [--out FOLDER] [--name NAME:TAG] [--node FILE]
       npm run image -- --root FOLDER [--node FILE]

  --out FOLDER     where to write image/ (OCI layout) and image.tar (default dist)
  --name NAME:TAG  what to call it (default ${DEFAULT_NAME})
  --node FILE      the Node binary to ship (default the one from npm)
  --root FOLDER    only write the root file system there
`;

async function writeTree(files: readonly ImageFile[], folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { path, mode, bytes } of files) {
    const target = join(folder, path);
    if (bytes === undefined) await mkdir(target, { mode });
    else await writeFile(target, bytes, { mode });
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: join(PROJECT, 'dist') },
      name: { type: 'string', default: DEFAULT_NAME },
      node: { type: 'string', default: join(PROJECT, 'node_modules/node/bin/node') },
      root: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const out = resolve(values.out);
  if (values.root !== undefined) {
    const bundle = await writeBundle(out);
    await writeRoot(await readRoot({ node: values.node, bundle }), resolve(values.root));
    process.stdout.write(`wrote ${values.root}\n`);
    return 0;
  }
  const { name, node } = values;
  const { digest } = await buildImage({ out, name, node });
  process.stdout.write(`wrote ${join(out, 'image')} and image.tar: ${name}\n${digest}\n`);
  return 0;
}

if (import.meta.main) process.exitCode = await main();
