import { execa } from 'execa';

/** How a program ended. */
export interface ProgramEnd {
  readonly exitCode: number | undefined;
  /** The signal that ended it. */
  readonly signal: string | undefined;
}

/** Starts a program in a network namespace; `env` is added to this process's environment. */
export function startProgram(
  namespace: string,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  const program = new Program(file, execute(namespace, file, args, env));
  program.start();
  return program;
}

/** A long-running program in a network namespace, and what it has written so far. */
export class Program {
  readonly #file: string;
  readonly #subprocess: Subprocess;
  #stdout = '';
  #stderr = '';

  constructor(file: string, subprocess: Subprocess) {
    this.#file = file;
    this.#subprocess = subprocess;
  }

  /** Everything written to stdout so far. */
  get stdout(): string {
    return this.#stdout;
  }

  /** Everything written to stderr so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Starts to collect what the program writes. */
  start(): void {
    this.#subprocess.stdout
      .setEncoding('utf8')
      .on('data', (text: string) => (this.#stdout += text));
    this.#subprocess.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (this.#stderr += text));
  }

  /** Resolves once stdout or stderr matches; rejects, with the output, when the program ends or time is up before. */
  waitForOutput(pattern: RegExp, timeoutMs = 10_000): Promise<void> {
    const { stdout, stderr } = this.#subprocess;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(this.#stdout) && !pattern.test(this.#stderr)) return;
        finish();
        resolve();
      };
      const giveUp = (why: string): void => {
        finish();
        const output = `${this.#stdout}${this.#stderr}`;
        reject(new Error(`${this.#file} ${why} without writing ${String(pattern)}:\n${output}`));
      };
      const finish = (): void => {
        clearTimeout(timer);
        stdout.off('data', look);
        stderr.off('data', look);
      };
      const timer = setTimeout(() => {
        giveUp(`took ${timeoutMs} ms`);
      }, timeoutMs);
      // Added after the listeners of start(), so it sees what they collected.
      stdout.on('data', look);
      stderr.on('data', look);
      void this.ended().then(() => {
        giveUp('ended');
      });
      look();
    });
  }

  /** Sends a signal, as an operator or a crash would. */
  signal(signal: NodeJS.Signals): void {
    this.#subprocess.kill(signal);
  }

  /** Resolves when the program has ended. */
  async ended(): Promise<ProgramEnd> {
    const { exitCode, signal } = await this.#subprocess;
    return { exitCode, signal };
  }

  /** SIGTERM, and SIGKILL 5 s later if that does not help; resolves when the program has ended. */
  stop(): Promise<ProgramEnd> {
    this.#subprocess.kill('SIGTERM');
    return this.ended();
  }
}

// --- internal ---

type Subprocess = ReturnType<typeof execute>;

function execute(
  namespace: string,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  return execa('ip', ['netns', 'exec', namespace, file, ...args], {
    env,
    stdin: 'ignore',
    buffer: false,
    reject: false,
    forceKillAfterDelay: 5000,
  });
}
