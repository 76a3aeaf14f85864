import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Options, type ResultPromise, execa } from 'execa';
import type {
  Answer,
  CommandName,
  Commands,
  ConnectManyRequest,
  ConnectRequest,
  ConnectResult,
  HeldReport,
  HoldRequest,
  ListenRequest,
  Listener,
  LoadReport,
  LoadRequest,
  RelayRequest,
  ReplyLine,
  RequestLine,
} from './host/protocol.ts';
import { type Program, startProgram } from './program.ts';

/** A connection that is held open. */
export interface HeldConnection {
  /** Who answered. */
  readonly answer: Answer;
  /** Sends one more byte and waits until it is back. */
  check(): Promise<HeldReport>;
  /** Checks a last time and closes. */
  release(): Promise<HeldReport>;
}

/** Continuous new connections. */
export interface RunningLoad {
  /** What became of them so far. */
  report(): Promise<LoadReport>;
  /** Starts no more, lets those under way end, and reports. */
  stop(): Promise<LoadReport>;
}

/** Connections of this host that are passed on to somewhere else. */
export interface RunningRelay {
  /** Loses what is sent over the connections of now, and leaves them open. */
  stall(): Promise<void>;
}

/** What a finished program wrote. */
export interface ExecResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** One machine of the world: a network namespace with a process in it that opens sockets for us. */
export class Host {
  readonly name: string;
  readonly #pending = new Map<number, Pending>();
  readonly #programs = new Set<Program>();
  readonly #stopping = new AbortController();
  #process: Subprocess | undefined;
  #lastId = 0;

  /** The name is that of an existing network namespace. */
  constructor(name: string) {
    this.name = name;
  }

  /** Starts the process. */
  start(): void {
    const command = ['netns', 'exec', this.name, process.execPath, MAIN, this.name];
    const subprocess = execa('ip', command, OPTIONS);
    this.#process = subprocess;
    createInterface({ input: subprocess.stdout }).on('line', (line) => {
      this.#settle(line);
    });
    void subprocess.then(({ shortMessage = 'Ended', stderr }) => {
      this.#process = undefined;
      const error = new Error(`host ${this.name} is gone: ${shortMessage}\n${stderr}`);
      for (const { reject } of this.#pending.values()) reject(error);
      this.#pending.clear();
    });
  }

  /** Writes sysctls of this network namespace, by names such as `net/ipv4/ip_forward`. */
  async writeSysctls(sysctls: Readonly<Record<string, string>>): Promise<void> {
    await this.#call('writeSysctls', sysctls);
  }

  /** Listens: every connection or datagram is answered with who was reached and who was seen. */
  listen(request: ListenRequest): Promise<Listener> {
    return this.#call('listen', request);
  }

  /** How many connections the listener has accepted, or datagrams received. */
  countConnections(listener: Listener): Promise<number> {
    return this.#call('countConnections', listener.id);
  }

  /** Stops listening; accepted connections stay open, as on a terminating pod. */
  async closeListener(listener: Listener): Promise<void> {
    await this.#call('closeListener', listener.id);
  }

  /** Connects, or sends a datagram, and tells what became of it. */
  connect(request: ConnectRequest): Promise<ConnectResult> {
    return this.#call('connect', request);
  }

  /** The same connection many times; the results in order of their start. */
  connectMany(request: ConnectManyRequest): Promise<readonly ConnectResult[]> {
    return this.#call('connectMany', request);
  }

  /** Opens a TCP connection and keeps it; rejects when it is not answered. */
  async holdOpen(request: HoldRequest): Promise<HeldConnection> {
    const { id, answer } = await this.#call('hold', request);
    return {
      answer,
      check: () => this.#call('checkHeld', id),
      release: () => this.#call('releaseHeld', id),
    };
  }

  /** Starts continuous new connections. */
  async load(request: LoadRequest): Promise<RunningLoad> {
    const id = await this.#call('startLoad', request);
    return {
      report: () => this.#call('reportLoad', id),
      stop: () => this.#call('stopLoad', id),
    };
  }

  /** Passes connections on, out of this network namespace or into it, until the host stops. */
  async relay(request: RelayRequest): Promise<RunningRelay> {
    const id = await this.#call('startRelay', request);
    return {
      stall: async () => {
        await this.#call('stallRelay', id);
      },
    };
  }

  /** Runs a program on this host to its end; rejects when it fails, unless it `mayFail`. */
  async exec(
    file: string,
    args: readonly string[],
    options: { readonly input?: string; readonly mayFail?: boolean } = {},
  ): Promise<ExecResult> {
    const { exitCode, stdout, stderr } = await execa(
      'ip',
      ['netns', 'exec', this.name, file, ...args],
      {
        input: options.input ?? '',
        reject: options.mayFail !== true,
        cancelSignal: this.#stopping.signal,
      },
    );
    return { exitCode, stdout, stderr };
  }

  /** Starts a long-running program on this host; `stop` ends it with the rest. */
  spawn(
    file: string,
    args: readonly string[],
    options: { readonly env?: Readonly<Record<string, string>> } = {},
  ): Program {
    const program = startProgram(this.name, file, args, options.env);
    this.#programs.add(program);
    void program.ended().then(() => this.#programs.delete(program));
    return program;
  }

  /** Ends every program started here, and the host's process. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#programs].map((program) => program.stop()));
    this.#process?.kill('SIGKILL'); // It has nothing to put in order.
    await this.#process;
  }

  #call<C extends CommandName>(
    command: C,
    request: Commands[C]['request'],
  ): Promise<Commands[C]['reply']> {
    const subprocess = this.#process;
    if (subprocess === undefined) {
      return Promise.reject(new Error(`${command}: host ${this.name} is not running`));
    }
    this.#lastId += 1;
    const line: RequestLine = { id: this.#lastId, command, request };
    return new Promise((resolve, reject) => {
      // The process pairs command and reply as `Commands` does.
      const resolveReply = (reply: unknown): void => {
        resolve(reply as Commands[C]['reply']);
      };
      this.#pending.set(line.id, { resolve: resolveReply, reject });
      subprocess.stdin.write(`${JSON.stringify(line)}\n`);
    });
  }

  #settle(text: string): void {
    const line = JSON.parse(text) as ReplyLine;
    const pending = this.#pending.get(line.id);
    this.#pending.delete(line.id);
    if ('error' in line) pending?.reject(new Error(`host ${this.name}: ${line.error}`));
    else pending?.resolve(line.reply);
  }
}

// --- internal ---

const MAIN = fileURLToPath(new URL('host/main.ts', import.meta.url));

const OPTIONS = {
  stdin: 'pipe',
  stdout: 'pipe',
  stderr: 'pipe',
  buffer: { stdout: false, stderr: true },
  reject: false,
} as const satisfies Options;

type Subprocess = ResultPromise<typeof OPTIONS>;

interface Pending {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}
