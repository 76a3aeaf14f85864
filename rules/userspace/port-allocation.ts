/**
 * Ports for listeners that ask for none. A listener has the port that its id hashes to, or the next
 * free one, so that an agent that starts again gives nearly all listeners the ports they had.
 */
import { hashText } from './hash.ts';

/** Port numbers, both ends included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Ports of one protocol and who has them. */
export class PortAllocation {
  readonly #range: PortRange;
  readonly #ports = new Map<string, number>();
  readonly #taken = new Set<number>();

  constructor(range: PortRange) {
    this.#range = range;
  }

  /** The port of this listener, a new one if it has none; `undefined` when all are taken. */
  allocate(id: string): number | undefined {
    const known = this.#ports.get(id);
    if (known !== undefined) return known;
    const { from, to } = this.#range;
    const count = to - from + 1;
    const first = hashText(id, 0) % count;
    for (let step = 0; step < count; step++) {
      const port = from + ((first + step) % count);
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      this.#ports.set(id, port);
      return port;
    }
    return undefined;
  }

  /** Lets the listener keep the port it had, unless another has it or it is not in the range. */
  adopt(id: string, port: number): void {
    const { from, to } = this.#range;
    if (port < from || port > to || this.#taken.has(port)) return;
    this.release(id);
    this.#taken.add(port);
    this.#ports.set(id, port);
  }

  /** The listener is gone: its port is free. */
  release(id: string): void {
    const port = this.#ports.get(id);
    if (port === undefined) return;
    this.#ports.delete(id);
    this.#taken.delete(port);
  }

  /** Somebody else has the listener's port: it is left alone until `reconsider`, and the listener has none. */
  reject(id: string): void {
    this.#ports.delete(id);
  }

  /** Ports that others had may be free again. */
  reconsider(): void {
    const own = new Set(this.#ports.values());
    for (const port of this.#taken) {
      if (!own.has(port)) this.#taken.delete(port);
    }
  }
}
