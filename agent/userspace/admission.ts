/**
 * Whether there is enough of everything to take on more. When a resource runs out, accepting pauses;
 * it goes on when there is clearly more of it again, and never sooner than with the next sweep, so
 * that nothing can make it a busy loop. Ports run out towards one endpoint, and for others there are
 * as many as before: that is told here, but only the listener rests that has no other endpoint.
 */
import type { Resource, UserspaceObserver } from './interface.ts';
import type { ProxyLimits } from './limits.ts';

/** What is observed of exhaustion. */
export type AdmissionEvents = Required<Pick<UserspaceObserver, 'exhausted' | 'recovered'>>;

/** Keeps count of sockets and of what is exhausted. */
export class Admission {
  /** Sockets that are open: listeners, clients, endpoints. Whoever opens or closes one counts. */
  sockets = 0;
  readonly #limits: Pick<ProxyLimits, 'maxSockets' | 'maxMemoryBytes'>;
  readonly #events: AdmissionEvents;
  readonly #residentBytes: () => number;
  /** What is exhausted, and at which sweep that was said. */
  readonly #exhausted = new Map<Resource, number>();
  #sweeps = 0;

  constructor(
    limits: Pick<ProxyLimits, 'maxSockets' | 'maxMemoryBytes'>,
    events: AdmissionEvents,
    residentBytes: () => number,
  ) {
    this.#limits = limits;
    this.#events = events;
    this.#residentBytes = residentBytes;
  }

  /** Whether clients may be accepted. */
  get isOpen(): boolean {
    return !this.#exhausted.has('descriptors') && !this.#exhausted.has('memory');
  }

  /**
   * Whether one more flow of datagrams may be opened. Not with the last sockets: anybody can open flows
   * as fast as he sends, and connections are to be accepted all the same.
   */
  get hasRoomForFlow(): boolean {
    return this.sockets < this.#limits.maxSockets * FLOWS_SHARE;
  }

  /** To be called when a client was accepted: pauses while there is still room for those under way. */
  accepted(): void {
    const { maxSockets } = this.#limits;
    if (this.sockets + SOCKETS_OF_ONE <= maxSockets) return;
    this.exhaust('descriptors', `${this.sockets} of ${maxSockets} sockets are open`);
  }

  /** The system had no more of it. */
  exhaust(resource: Resource, message: string): void {
    const isNew = !this.#exhausted.has(resource);
    this.#exhausted.set(resource, this.#sweeps);
    if (isNew) this.#events.exhausted(resource, message);
  }

  /** Looks whether something ran out, or is there again. */
  sweep(): void {
    this.#sweeps += 1;
    const bytes = this.#residentBytes();
    if (bytes > this.#limits.maxMemoryBytes) {
      this.exhaust('memory', `the process has ${Math.round(bytes / 2 ** 20)} MiB resident`);
    }
    for (const [resource, since] of this.#exhausted) {
      if (since > this.#sweeps - MIN_PAUSE_SWEEPS || !this.#isThereAgain(resource, bytes)) continue;
      this.#exhausted.delete(resource);
      this.#events.recovered(resource);
    }
  }

  #isThereAgain(resource: Resource, bytes: number): boolean {
    switch (resource) {
      case 'descriptors':
        return this.sockets <= this.#limits.maxSockets * RESUME_SHARE;
      case 'memory':
        return bytes <= this.#limits.maxMemoryBytes * RESUME_SHARE;
      case 'ports':
        // Nobody counts these: the next connection tells.
        return true;
    }
  }
}

// --- internal ---

/** A client and its endpoint. */
const SOCKETS_OF_ONE = 2;

const RESUME_SHARE = 0.9;

/** Less than what has to be free for accepting to go on. */
const FLOWS_SHARE = 0.75;

const MIN_PAUSE_SWEEPS = 1;
