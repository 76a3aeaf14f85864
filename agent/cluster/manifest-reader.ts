/**
 * Manifests from a path, read again and again: only files that changed are parsed, and what can no
 * longer be read stays as it last was. A command that reads once and a source that watches share it.
 */
import type { Readable } from 'node:stream';
import type { ClusterObject } from './cluster-object.ts';
import {
  listManifestFiles,
  readManifestFile,
  readManifestStream,
  STDIN_PATH,
  type FileReading,
} from './manifest-files.ts';
import { readManifestText, type ManifestText } from './manifest-text.ts';
import { fileProblem, type LocatedProblem } from './problems.ts';

/** What is in all files together. */
export interface Manifests {
  /** By their ids, `Service default/web`, in the order of the files. */
  readonly objects: ReadonlyMap<string, ClusterObject>;
  readonly problems: readonly LocatedProblem[];
  /** How many objects are not for this proxy, by `apps/v1 Deployment` or the parser's reason. */
  readonly ignored: ReadonlyMap<string, number>;
}

/** What is known of each file, by path, in the order in which files count. */
export type FileStates = ReadonlyMap<string, FileState>;

/** What one file held when it was last read. */
export interface FileState {
  /** As `readManifestFile` has it; `undefined` when the file must be read again in any case. */
  readonly version: string | undefined;
  /** In the order of the file; an id may be there twice. */
  readonly objects: readonly PlacedObject[];
  readonly problems: readonly LocatedProblem[];
  readonly ignored: ReadonlyMap<string, number>;
}

/** An object and where it was written. */
export interface PlacedObject {
  readonly id: string;
  readonly line: number | undefined;
  readonly object: ClusterObject;
}

/**
 * Reads the manifests at a path, once: a file, a folder, or `-` for standard input. Throws
 * ManifestPathError when there is nothing at the path; everything else that is wrong is a problem.
 */
export async function readManifests(
  path: string,
  { stdin }: { readonly stdin: Readable },
): Promise<Manifests> {
  return mergeFiles(await readFiles(path, stdin, new Map(), new Set()));
}

/**
 * Reads the files that are new, whose version differs from the one in `previous`, or which are
 * `touched`. Throws ManifestPathError when there is nothing at the path.
 */
export async function readFiles(
  path: string,
  stdin: Readable,
  previous: FileStates,
  touched: ReadonlySet<string>,
): Promise<FileStates> {
  if (path === STDIN_PATH) {
    const state = nextState('stdin', undefined, await readManifestStream(stdin));
    return new Map(state === undefined ? [] : [['stdin', state]]);
  }
  const states = new Map<string, FileState>();
  for (const file of await listManifestFiles(path)) {
    const known = previous.get(file);
    const version = touched.has(file) ? undefined : known?.version;
    const state = nextState(file, known, await readManifestFile(file, version));
    if (state !== undefined) states.set(file, state);
  }
  return states;
}

/** Puts the files together. Of two definitions of an object the first counts, and the second is a problem. */
export function mergeFiles(states: FileStates): Manifests {
  const objects = new Map<string, ClusterObject>();
  const problems: LocatedProblem[] = [];
  const ignored = new Map<string, number>();
  const places = new Map<string, string>();
  for (const [file, state] of states) {
    problems.push(...state.problems);
    for (const [reason, count] of state.ignored) {
      ignored.set(reason, (ignored.get(reason) ?? 0) + count);
    }
    for (const { id, line, object } of state.objects) {
      const place = places.get(id);
      if (place === undefined) {
        places.set(id, line === undefined ? file : `${file}:${line}`);
        objects.set(id, object);
      } else {
        const message = `left out: it is already defined at ${place}`;
        problems.push({ object: id, field: '', message, file, line });
      }
    }
  }
  return { objects, problems, ignored };
}

// --- internal ---

/** The file's state after a reading; `undefined` when it was never read. */
function nextState(
  file: string,
  previous: FileState | undefined,
  reading: FileReading,
): FileState | undefined {
  switch (reading.kind) {
    case 'unchanged':
    case 'gone':
      // It was there a moment ago. The next listing tells whether it is gone, or its whole folder.
      return previous;
    case 'unreadable':
      return keptState(previous, undefined, fileProblem(file, undefined, reading.reason));
    case 'text': {
      if (reading.text.trim() === '' && previous !== undefined && previous.objects.length > 0) {
        // A shell that redirects into a file empties it first; the text may take seconds to come.
        const problem = fileProblem(file, undefined, EMPTIED);
        return keptState(previous, reading.version, problem);
      }
      const text = readManifestText(file, reading.text);
      const objects = usableObjects(text, previous);
      return { version: reading.version, objects, problems: text.problems, ignored: text.ignored };
    }
  }
}

const EMPTIED = 'the file is empty: its objects stay as they were; delete the file to remove them';

function keptState(
  previous: FileState | undefined,
  version: string | undefined,
  problem: LocatedProblem,
): FileState {
  const { objects = [], ignored = new Map<string, number>() } = previous ?? {};
  return { version, objects, problems: [problem], ignored };
}

/**
 * What the text defines now, and what it held before and now cannot be read: the old versions of
 * refused objects and, behind a broken document or an object that nobody knows, all others too. It
 * may be half written, and the name of an object be cut.
 */
function usableObjects(text: ManifestText, previous: FileState | undefined): PlacedObject[] {
  const before = new Map(previous?.objects.map((placed) => [placed.id, placed]));
  const objects: PlacedObject[] = [];
  let mayHoldMore = text.isBroken;
  for (const { id, line, outcome } of text.entries) {
    const object = outcome.kind === 'ok' ? outcome.value : before.get(id)?.object;
    if (outcome.kind === 'ignored') continue;
    if (object === undefined) mayHoldMore = true;
    else objects.push({ id, line, object });
  }
  if (!mayHoldMore) return objects;
  const seen = new Set(text.entries.map((entry) => entry.id));
  return [...objects, ...[...before.values()].filter((placed) => !seen.has(placed.id))];
}
