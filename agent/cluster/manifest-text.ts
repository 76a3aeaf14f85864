/**
 * The Kubernetes objects in a text of manifests: its documents, Lists taken apart, and every
 * problem with the line that it is about.
 */
import { describeObject, objectRef } from '../../rules/services/parse/object-ref.ts';
import type { Outcome } from '../../rules/services/parse/outcome.ts';
import type { ClusterObject } from './cluster-object.ts';
import { parseDocuments, type IntactDocument } from './manifest-documents.ts';
import { LEGACY_ENDPOINTS, listItems, MAX_LIST_DEPTH, readObject } from './manifest-object.ts';
import { fileProblem, type LocatedProblem } from './problems.ts';

/** One object where it was found. */
export interface ManifestEntry {
  /** `Service default/web`: unique in a cluster. */
  readonly id: string;
  readonly line: number | undefined;
  readonly outcome: Outcome<ClusterObject>;
}

/** What a text of manifests holds. */
export interface ManifestText {
  /** In the order of the text. */
  readonly entries: readonly ManifestEntry[];
  /** Whether a document could not be read: then the file may hold more objects than `entries`. */
  readonly isBroken: boolean;
  readonly problems: readonly LocatedProblem[];
  /** How many objects are not for this proxy, by `apps/v1 Deployment` or the parser's reason. */
  readonly ignored: ReadonlyMap<string, number>;
}

/** Reads the objects of a text; `file` is the name for its problems. Never throws. */
export function readManifestText(file: string, text: string): ManifestText {
  const entries: ManifestEntry[] = [];
  const problems: LocatedProblem[] = [];
  let isBroken = false;
  for (const document of parseDocuments(text)) {
    if (document.kind === 'broken') {
      isBroken = true;
      problems.push(fileProblem(file, document.line, document.message));
      continue;
    }
    for (const { raw, path } of objectsIn(document.value, [])) {
      const outcome = readObject(raw);
      const id = describeObject(objectRef(raw));
      entries.push({ id, line: document.lineOf(path), outcome });
      problems.push(...locate(file, document, path, outcome));
    }
  }
  const ignored = countIgnored(entries);
  const endpoints = ignored.get(LEGACY_ENDPOINTS);
  if (endpoints !== undefined)
    problems.push(fileProblem(file, undefined, endpointsHint(endpoints)));
  return { entries, isBroken, problems, ignored };
}

// --- internal ---

interface FoundObject {
  readonly raw: unknown;
  /** Where it is in its document. */
  readonly path: readonly string[];
}

/** The object itself, or what is in it when it is a List. */
function* objectsIn(raw: unknown, path: readonly string[]): Generator<FoundObject> {
  // Two steps a List: `items` and the index.
  const items = path.length < 2 * MAX_LIST_DEPTH ? listItems(raw) : undefined;
  if (items === undefined) {
    yield { raw, path };
    return;
  }
  for (const [index, item] of items.entries()) {
    yield* objectsIn(item, [...path, 'items', String(index)]);
  }
}

function locate(
  file: string,
  document: IntactDocument,
  path: readonly string[],
  outcome: Outcome<ClusterObject>,
): LocatedProblem[] {
  if (outcome.kind === 'ignored') return [];
  return outcome.problems.map((problem) => {
    const line = document.lineOf([...path, ...fieldSteps(problem.field)]);
    return { ...problem, file, line };
  });
}

/** `metadata.labels["a.b/c"]` and `spec.ports[0].port` in steps. */
function fieldSteps(field: string): string[] {
  const steps = field.matchAll(/\["([^"]*)"\]|([^.[\]]+)/g);
  return Array.from(steps, ([, label, step]) => label ?? step ?? '');
}

function countIgnored(entries: readonly ManifestEntry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { outcome } of entries) {
    if (outcome.kind !== 'ignored') continue;
    counts.set(outcome.reason, (counts.get(outcome.reason) ?? 0) + 1);
  }
  return counts;
}

function endpointsHint(count: number): string {
  const what = count === 1 ? 'an Endpoints object is' : `${count} Endpoints objects are`;
  return `${what} not read: expected EndpointSlices (discovery.k8s.io/v1) in their place`;
}
