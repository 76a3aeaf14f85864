/**
 * One of the agent's servers: listens where it was told, and where that is not possible now tries
 * again until it is (behaviour document, section 6.1).
 */
import { joinHostPort } from '../../rules/ip.ts';
import type { Logger } from '../log.ts';
import type { Answerer } from './answer.ts';
import { placesFor, type BindAddress, type Place } from './bind-address.ts';
import { listen, type Listening, type Responder } from './listener.ts';

/** The agent's servers at fixed addresses. */
export type ServerName = 'health' | 'metrics';

/** What a server needs. */
export interface ServerOptions {
  /** What it is called in the log. */
  readonly name: ServerName;
  readonly address: BindAddress;
  readonly answer: Answerer;
  /** Whether not being able to listen is an error, instead of a reason to try again. */
  readonly isHardFail: boolean;
  readonly log: Logger;
  /** Waits; rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A server cannot listen where it has to. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** The name of the server. */
  readonly server: ServerName;

  constructor(server: ServerName, message: string, cause: unknown) {
    super(message, { cause });
    this.server = server;
  }
}

/** A server from its start to its stop. */
export class AgentServer {
  readonly #options: ServerOptions;
  readonly #stopping = new AbortController();
  #listening: Listening | undefined;
  #retrying: Promise<void> = Promise.resolve();

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** Where it listens; `undefined` as long as it does not. */
  get port(): number | undefined {
    return this.#listening?.port;
  }

  /**
   * Resolves after the first attempt to listen, whatever came of it: if nothing did, others follow.
   * With `isHardFail` rejects with a ListenError instead.
   */
  async start(): Promise<void> {
    const { name, address, isHardFail, log } = this.#options;
    try {
      await this.#listen();
    } catch (error) {
      const problem = `the ${name} server cannot listen at ${joinHostPort(address.ip, address.port)}: ${messageOf(error)}`;
      if (isHardFail) {
        throw new ListenError(name, `${problem}; free the address or configure another`, error);
      }
      log.error(`${problem}; trying again every ${RETRY_MS / 1000} s`);
      this.#retrying = this.#retry();
    }
  }

  /** Stops, within a second or so. May be called again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#retrying;
    await this.#listening?.close();
  }

  async #listen(): Promise<void> {
    const { name, address, answer, log } = this.#options;
    const failed = (error: unknown): void => {
      log.error({ server: name, error: messageOf(error) }, 'a request failed');
    };
    this.#listening = await listenAtFirst(placesFor(address), { answer, failed });
    log.info({ server: name, ip: address.ip, port: this.port }, 'listening');
  }

  async #retry(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#listening === undefined && !signal.aborted) {
      try {
        await this.#options.sleep(RETRY_MS, signal);
        await this.#listen();
      } catch {
        // Aborted, or still not possible, which was said.
      }
    }
  }
}

// --- internal ---

const RETRY_MS = 5_000;

/** What Node says where the kernel does not have an address family. */
const NO_SUCH_FAMILY: ReadonlySet<unknown> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/** At the first place whose address family the kernel has. */
async function listenAtFirst(
  [place, ...others]: readonly [Place, ...Place[]],
  responder: Responder,
): Promise<Listening> {
  try {
    return await listen(place, responder);
  } catch (error) {
    const [next, ...rest] = others;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (next === undefined || !NO_SUCH_FAMILY.has(code)) throw error;
    return await listenAtFirst([next, ...rest], responder);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
