/** Feeds a sink from whole pictures of the cluster: it hears only of what differs from the last one. */
import { isDeepStrictEqual } from 'node:util';
import { deleteObject, upsertObject, type ClusterObject } from './cluster-object.ts';
import { formatProblem, type LocatedProblem } from './problems.ts';
import type { ClusterSink } from './source.ts';

/** Remembers what a sink was told. */
export class Feed {
  readonly #sink: ClusterSink;
  #objects: ReadonlyMap<string, ClusterObject> = new Map();
  #problems: ReadonlySet<string> = new Set();

  constructor(sink: ClusterSink) {
    this.#sink = sink;
  }

  /** Tells the sink of all objects, by id, and all problems that there are now. */
  update(objects: ReadonlyMap<string, ClusterObject>, problems: readonly LocatedProblem[]): void {
    this.#updateProblems(problems);
    const before = this.#objects;
    const upserted = [...objects].filter(([id, now]) => !isDeepStrictEqual(now, before.get(id)));
    const deleted = [...before].filter(([id]) => !objects.has(id));
    for (const [, object] of upserted) upsertObject(this.#sink, object);
    for (const [, object] of deleted) deleteObject(this.#sink, object);
    this.#objects = objects;
    if (upserted.length > 0 || deleted.length > 0) this.#sink.changed();
  }

  #updateProblems(problems: readonly LocatedProblem[]): void {
    // Without its line: a problem that moved because of an edit above it is no news.
    const now = new Map(problems.map((it) => [formatProblem({ ...it, line: undefined }), it]));
    for (const [text, problem] of now) {
      if (!this.#problems.has(text)) this.#sink.problem(problem);
    }
    this.#problems = new Set(now.keys());
  }
}
