/** The cluster as manifest files have it: read once, then looked at again whenever they change. */
import { addAbortSignal, type Readable } from 'node:stream';
import {
  ChangeTrigger,
  SYSTEM_SEAMS,
  type TriggerSeams,
  type TriggerTiming,
} from './change-trigger.ts';
import { Feed } from './feed.ts';
import { STDIN_PATH } from './manifest-files.ts';
import { mergeFiles, readFiles, readManifests, type FileStates } from './manifest-reader.ts';
import { fileProblem, ManifestPathError } from './problems.ts';
import type { ClusterSink, ClusterSource } from './source.ts';

/** What to follow. */
export interface ManifestSourceOptions {
  /** A file, a folder, or `-` for standard input, which is read to its end and then done with. */
  readonly path: string;
  readonly stdin: Readable;
  readonly timing?: TriggerTiming;
}

/** Long enough for an editor to finish writing, short enough for a person to wait. */
export const DEFAULT_TIMING: TriggerTiming = { quietMs: 100, maxWaitMs: 1000, pollMs: 10_000 };

/** A source that follows manifest files; its start rejects with ManifestPathError when there are none. */
export function createManifestSource(options: ManifestSourceOptions): ClusterSource {
  return createManifestSourceWith(options, SYSTEM_SEAMS);
}

/** The same over given timers and watches. */
export function createManifestSourceWith(
  options: ManifestSourceOptions,
  seams: TriggerSeams,
): ClusterSource {
  return {
    async start(sink, signal) {
      signal.throwIfAborted();
      try {
        if (options.path === STDIN_PATH) await feedFromStdin(options.stdin, sink, signal);
        else await new Follower(options, seams, sink, signal).start();
      } finally {
        signal.throwIfAborted();
      }
    },
  };
}

// --- internal ---

async function feedFromStdin(
  stdin: Readable,
  sink: ClusterSink,
  signal: AbortSignal,
): Promise<void> {
  addAbortSignal(signal, stdin);
  const { objects, problems } = await readManifests(STDIN_PATH, { stdin });
  new Feed(sink).update(objects, problems);
}

/** Feeds a sink from a file or folder until the signal aborts. */
class Follower {
  readonly #options: ManifestSourceOptions;
  readonly #timing: TriggerTiming;
  readonly #trigger: ChangeTrigger;
  readonly #feed: Feed;
  readonly #signal: AbortSignal;
  #files: FileStates = new Map();

  constructor(
    options: ManifestSourceOptions,
    seams: TriggerSeams,
    sink: ClusterSink,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#timing = options.timing ?? DEFAULT_TIMING;
    this.#trigger = new ChangeTrigger(options.path, this.#timing, seams);
    this.#feed = new Feed(sink);
    this.#signal = signal;
  }

  async start(): Promise<void> {
    const close = (): void => {
      this.#trigger.close();
    };
    this.#signal.addEventListener('abort', close, { once: true });
    try {
      await this.#look(new Set());
    } catch (error) {
      close();
      throw error;
    }
    void this.#follow();
  }

  async #follow(): Promise<void> {
    for (;;) {
      const touched = await this.#trigger.next();
      if (this.#signal.aborted) return;
      await this.#lookAgain(touched);
    }
  }

  /** As `#look`, but a path that is not there any more leaves everything as it was. */
  async #lookAgain(touched: ReadonlySet<string>): Promise<void> {
    try {
      await this.#look(touched);
    } catch (error) {
      if (!(error instanceof ManifestPathError)) throw error;
      const message = `${error.message}; its objects stay as they are until it is back`;
      this.#update([message]);
    }
  }

  async #look(touched: ReadonlySet<string>): Promise<void> {
    // Watches first: whatever changes while the files are read is then reported afterwards.
    const trouble = this.#trigger.arm();
    const { path, stdin } = this.#options;
    this.#files = await readFiles(path, stdin, this.#files, touched);
    this.#update(trouble === undefined ? [] : [this.#slowness(trouble)]);
  }

  #slowness(trouble: string): string {
    const seconds = this.#timing.pollMs / 1000;
    return `changes are noticed within ${seconds} s only, watching failed: ${trouble}`;
  }

  #update(messages: readonly string[]): void {
    if (this.#signal.aborted) return;
    const { objects, problems } = mergeFiles(this.#files);
    const ofPath = messages.map((message) => fileProblem(this.#options.path, undefined, message));
    this.#feed.update(objects, [...problems, ...ofPath]);
  }
}
