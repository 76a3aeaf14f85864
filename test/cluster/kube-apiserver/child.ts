/** A program that does not outlive this process, even when that is killed. */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

/** Starts one; what it writes goes to `logFile`. */
export function startChild(file: string, args: readonly string[], logFile: string): Child {
  const child = new Child(file, spawn(file, args), logFile);
  child.start();
  return child;
}

/** A running program. */
export class Child {
  readonly #file: string;
  readonly #logFile: string;
  readonly #subprocess: Subprocess;
  #isRunning = true;

  constructor(file: string, subprocess: Subprocess, logFile: string) {
    this.#file = file;
    this.#subprocess = subprocess;
    this.#logFile = logFile;
  }

  /** Follows what it writes, and whether it is there. */
  start(): void {
    this.#subprocess.all.pipe(createWriteStream(this.#logFile, { flags: 'a' }));
    void this.#subprocess.then(() => {
      this.#isRunning = false;
    });
  }

  /** Throws when the program has ended, with the end of what it wrote. */
  async mustRun(): Promise<void> {
    if (this.#isRunning) return;
    const { shortMessage = 'Ended' } = await this.#subprocess;
    const lines = (await readFile(this.#logFile, 'utf8')).trimEnd().split('\n');
    throw new Error(`${this.#file}: ${shortMessage}\n${lines.slice(-LAST_LINES).join('\n')}`);
  }

  /** Ends it without a chance to do anything about it; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#subprocess.kill('SIGKILL');
    await this.#subprocess;
  }
}

// --- internal ---

/** Enough to see why a program ended. */
const LAST_LINES = 20;

type Subprocess = ReturnType<typeof spawn>;

function spawn(file: string, args: readonly string[]) {
  // setpriv(1) has the kernel kill the program when this process is gone, however that ended.
  return execa('setpriv', ['--pdeathsig', 'KILL', file, ...args], {
    // Out of the terminal's reach: on Ctrl-C it is this process that decides about the order.
    detached: true,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
  });
}
