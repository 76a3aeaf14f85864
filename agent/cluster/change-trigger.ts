/**
 * When to look at a path again: soon after the file system reports a change of it, once the changes
 * pause, and now and then without any report, since reports can be missed (a target of a symbolic
 * link, a network file system, a machine out of inotify watches).
 */
import { watch } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isNotFound } from './manifest-files.ts';
import { messageOf } from './problems.ts';

/** Runs something once, that many milliseconds from now; the answer cancels it. */
export type After = (ms: number, callback: () => void) => () => void;

/** Watches a file, or what is directly in a folder; throws when that cannot be done. */
export type WatchPath = (path: string, onEvent: (name: string | undefined) => void) => Watch;

/** Something to close when it is no longer needed. */
export interface Watch {
  close(): void;
}

/** The operating system, as far as the trigger needs it. */
export interface TriggerSeams {
  readonly after: After;
  readonly watchPath: WatchPath;
}

/** How long the trigger waits. */
export interface TriggerTiming {
  /** How long reports must pause. */
  readonly quietMs: number;
  /** How long they may go on. */
  readonly maxWaitMs: number;
  /** The longest time between two looks. */
  readonly pollMs: number;
}

/** Node's timers and `fs.watch`. */
export const SYSTEM_SEAMS: TriggerSeams = {
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
  watchPath(path, onEvent) {
    const watcher = watch(path, (_event, name) => {
      onEvent(name ?? undefined);
    });
    // A watch that fails is as good as closed: the next look installs a new one.
    watcher.on('error', () => {
      watcher.close();
    });
    return watcher;
  },
};

/** Tells when a path is due for another look. */
export class ChangeTrigger {
  readonly #path: string;
  readonly #timing: TriggerTiming;
  readonly #seams: TriggerSeams;
  #watches: Watch[] = [];
  #touched = new Set<string>();
  #isDue = false;
  #wake: (() => void) | undefined;
  #cancelQuiet: (() => void) | undefined;
  #cancelMaxWait: (() => void) | undefined;
  #cancelPoll: (() => void) | undefined;

  constructor(path: string, timing: TriggerTiming, seams: TriggerSeams) {
    this.#path = path;
    this.#timing = timing;
    this.#seams = seams;
  }

  /**
   * Installs watches on what the path is now, in place of those before. To be called before each
   * look, so that a change is either seen by the look or reported after it. Answers why the path
   * cannot be watched, if so; a path that is not there is no such reason.
   */
  arm(): string | undefined {
    this.#closeWatches();
    const path = resolve(this.#path);
    const trouble = this.#watch(path, (name) => {
      this.#report(name === undefined ? this.#path : join(this.#path, name));
    });
    // The folder above tells when the path is replaced, or comes back after it was gone.
    this.#watch(dirname(path), (name) => {
      const isOurs = name === undefined || name === basename(path) || name === MOUNT_LINK;
      if (isOurs) this.#report(this.#path);
    });
    return trouble;
  }

  /**
   * Resolves when another look is due, at once if one became due since the last call, with the paths
   * that reports named. Also resolves when the trigger is closed.
   */
  async next(): Promise<ReadonlySet<string>> {
    if (!this.#isDue) {
      await new Promise<void>((resolveNext) => {
        this.#wake = resolveNext;
        this.#cancelPoll = this.#seams.after(this.#timing.pollMs, this.#fire);
      });
    }
    const touched = this.#touched;
    this.#touched = new Set();
    this.#isDue = false;
    return touched;
  }

  /** Ends all watches and timers. */
  close(): void {
    this.#closeWatches();
    this.#fire();
  }

  #watch(path: string, onEvent: (name: string | undefined) => void): string | undefined {
    try {
      this.#watches.push(this.#seams.watchPath(path, onEvent));
      return undefined;
    } catch (error) {
      return isNotFound(error) ? undefined : messageOf(error);
    }
  }

  #closeWatches(): void {
    for (const watched of this.#watches) watched.close();
    this.#watches = [];
  }

  #report(path: string): void {
    this.#touched.add(path);
    this.#cancelQuiet?.();
    this.#cancelQuiet = this.#seams.after(this.#timing.quietMs, this.#fire);
    this.#cancelMaxWait ??= this.#seams.after(this.#timing.maxWaitMs, this.#fire);
  }

  readonly #fire = (): void => {
    this.#cancelQuiet?.();
    this.#cancelMaxWait?.();
    this.#cancelPoll?.();
    this.#cancelMaxWait = undefined;
    this.#isDue = true;
    this.#wake?.();
  };
}

// --- internal ---

/**
 * The files of a mounted ConfigMap are symbolic links through this one, which the kubelet replaces
 * when the ConfigMap changes; nothing else in the folder does.
 */
const MOUNT_LINK = '..data';
