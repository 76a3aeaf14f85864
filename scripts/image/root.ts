/** The root file system of the image: every file, read from this machine. */
import { access, constants, glob, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Bundle } from '../bundle.ts';
import {
  FOLDERS,
  IPTABLES_EXTENSIONS,
  LAUNCHER,
  PLACES,
  PROGRAMS,
  SYSTEM_FILES,
  WRITTEN_FILES,
} from './contents.ts';
import { folder, textFile, withParents, type ImageFile } from './file.ts';
import { librariesOf } from './libraries.ts';

/** What goes into the image from outside. */
export interface RootSources {
  /** The Node binary. */
  readonly node: string;
  readonly bundle: Bundle;
}

/** The root file system, in two halves: what is old when only the agent changes, and the agent. */
export interface Root {
  readonly system: readonly ImageFile[];
  readonly agent: readonly ImageFile[];
}

/** Reads everything. Rejects with what to install when something is missing. */
export async function readRoot({ node, bundle }: RootSources): Promise<Root> {
  const programs = new Map<string, string>([[PLACES.node, node]]);
  for (const name of Object.keys(PROGRAMS)) {
    programs.set(join(PLACES.programs, name), await findProgram(name));
  }
  const extensions = await findExtensions();
  const dynamic = [...programs.values(), ...extensions];
  const libraries = await Promise.all(dynamic.map(librariesOf));
  const system = await Promise.all([
    ...[...programs].map(([path, source]) => copyOf(source, path, 0o755)),
    ...[...new Set(libraries.flat())].map((path) => copyOf(path, path, 0o755)),
    ...extensions.map((path) => copyOf(path, path, 0o644)),
    ...Object.entries(SYSTEM_FILES).map(([path, debianPackage]) => systemFile(path, debianPackage)),
  ]);
  const agent = await Promise.all(
    bundle.files.map((path) => {
      return copyOf(join(bundle.folder, path), join(PLACES.bundle, path), 0o644);
    }),
  );
  return {
    system: withParents([...system, ...FOLDERS.map(folder)]),
    agent: withParents([
      ...agent,
      ...Object.entries(WRITTEN_FILES).map(([path, text]) => textFile(path, text)),
      textFile(PLACES.launcher, LAUNCHER, 0o755),
    ]),
  };
}

// --- internal ---

async function findProgram(name: string): Promise<string> {
  // Debian keeps system programs where an ordinary user's PATH does not look.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const path of folders.map((each) => join(each, name))) {
    if (await isExecutable(path)) return path;
  }
  throw new Error(`there is no program ${name}: install the package ${PROGRAMS[name] ?? name}`);
}

async function findExtensions(): Promise<string[]> {
  const found: string[] = [];
  for await (const path of glob(IPTABLES_EXTENSIONS)) found.push(path);
  if (found.length === 0) {
    throw new Error(`there is nothing at ${IPTABLES_EXTENSIONS}: install the package iptables`);
  }
  return found.sort();
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function systemFile(path: string, debianPackage: string): Promise<ImageFile> {
  try {
    return await copyOf(path, path, 0o644);
  } catch (error) {
    throw new Error(`cannot read ${path}: install the package ${debianPackage}`, { cause: error });
  }
}

/** Follows links: the image has none. */
async function copyOf(source: string, path: string, mode: number): Promise<ImageFile> {
  return { path, mode, bytes: await readFile(source) };
}
