import type { Socket } from 'node:net';
import { DEFAULT_TIMEOUT_MS, type HeldReport } from './protocol.ts';

/** The client's end of a TCP connection whose other end sends every byte back. */
export class HeldSocket {
  readonly #socket: Socket;
  #sent = 0;
  #echoed = 0;
  #brokenBy: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Watches the connection; sends a byte every `intervalMs`, if given. */
  start(intervalMs: number | undefined): void {
    this.#socket.on('data', (bytes: Buffer) => (this.#echoed += bytes.length));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#brokenBy ??= error.code ?? error.message;
    });
    this.#socket.on('close', () => (this.#brokenBy ??= 'closed by peer'));
    if (intervalMs !== undefined) {
      this.#timer = setInterval(() => {
        this.#send();
      }, intervalMs);
    }
  }

  /** Sends one more byte and waits until it and all before it are back; not for long when they are not. */
  async check(): Promise<HeldReport> {
    this.#send();
    const expected = this.#sent;
    await this.#settled(expected);
    const alive = this.#brokenBy === undefined && this.#echoed >= expected;
    return {
      alive,
      sent: this.#sent,
      echoed: this.#echoed,
      ...(this.#brokenBy !== undefined && { brokenBy: this.#brokenBy }),
    };
  }

  /** Checks a last time and closes. */
  async release(): Promise<HeldReport> {
    const report = await this.check();
    clearInterval(this.#timer);
    this.#socket.destroy();
    return report;
  }

  #send(): void {
    if (this.#brokenBy !== undefined) return;
    this.#sent += 1;
    this.#socket.write('.');
  }

  /** Resolves when so many bytes have come back, the connection broke, or time is up. */
  #settled(expected: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#brokenBy !== undefined || this.#echoed >= expected) finish();
      };
      const finish = (): void => {
        clearTimeout(timer);
        this.#socket.off('data', look).off('close', look);
        resolve();
      };
      const timer = setTimeout(finish, DEFAULT_TIMEOUT_MS);
      // Added after the listeners of start(), so it sees what they noted.
      this.#socket.on('data', look).on('close', look);
      look();
    });
  }
}
