/**
 * A Service that tells when agents have programmed everything that was written before it: its events are
 * the last of their kinds, so that whoever reaches it reaches what an agent has made of all of them.
 */
import { IP_FAMILIES } from '../../../rules/ip.ts';
import type { Host } from '../../../scripts/world/host.ts';
import { eventually } from '../../support/eventually.ts';
import { clusterIps, makeService, type TestService } from './service.ts';

/** The Service as it is now. */
export class Marker {
  readonly #pods: readonly [string, string];
  #turn = 0;

  /** One of the pods is its endpoint, the other in the next turn. */
  constructor(pods: readonly [string, string]) {
    this.#pods = pods;
  }

  get service(): TestService {
    return makeService({
      ...{ number: NUMBER, name: 'marker', endpoints: [this.#pod] },
      ports: [{ name: 'tcp', protocol: 'TCP', port: this.#port }],
    });
  }

  /** Changes the Service and its slices, which are to be written then, and after everything else. */
  advance(): void {
    this.#turn += 1;
  }

  /** Resolves once every one of these nodes leads to it as it is now. */
  async untilSeenBy(nodes: readonly Host[], limitMs?: number): Promise<void> {
    const missing = new Set(nodes);
    const look = async (node: Host): Promise<void> => {
      if (await this.#isSeenBy(node)) missing.delete(node);
    };
    await eventually(
      async () => {
        await Promise.all([...missing].map(look));
        return missing.size === 0;
      },
      () => `${[...missing].map(({ name }) => name).join()} programmed turn ${this.#turn}`,
      limitMs,
    );
  }

  async #isSeenBy(node: Host): Promise<boolean> {
    const ips = clusterIps(NUMBER);
    const results = await Promise.all(
      IP_FAMILIES.map((family) =>
        node.connect({ protocol: 'tcp', ip: ips[family], port: this.#port, timeoutMs: 500 }),
      ),
    );
    return results.every((each) => each.outcome === 'answered' && each.by === this.#pod);
  }

  get #port(): number {
    return FIRST_PORT + this.#turn;
  }

  get #pod(): string {
    return this.#pods[this.#turn % 2 === 0 ? 0 : 1];
  }
}

// --- internal ---

/** No other Service of a test has it. */
const NUMBER = 99;
const FIRST_PORT = 1000;
