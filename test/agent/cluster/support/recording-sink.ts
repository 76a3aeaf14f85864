/** A sink that writes down what it is told, for tests to wait for. */
import { formatProblem, type LocatedProblem } from '../../../../agent/cluster/problems.ts';
import type { ClusterSink } from '../../../../agent/cluster/source.ts';
import type { Cidr } from '../../../../rules/ip.ts';
import type {
  EndpointSlice,
  NodeFacts,
  Service,
  ServiceKey,
} from '../../../../rules/services/types.ts';

/** Every call as a line of text, `+` for an upsert and `-` for a delete. */
export class RecordingSink implements ClusterSink {
  #lines: string[] = [];
  #onLine: (() => void) | undefined;

  /** What was recorded since the last call. */
  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  /** Resolves with what was recorded since the last call, once a line begins with this text. */
  async takeUntil(start: string): Promise<string[]> {
    while (!this.#lines.some((line) => line.startsWith(start))) {
      await new Promise<void>((resolve) => {
        this.#onLine = resolve;
      });
    }
    return this.take();
  }

  upsertService({ namespace, name, ports }: Service): void {
    const numbers = ports.map(({ port }) => port);
    this.#record(`+service ${namespace}/${name} ${numbers.join(',')}`);
  }

  deleteService(key: ServiceKey): void {
    this.#record(`-service ${key}`);
  }

  upsertSlice({ namespace, name, service, endpoints }: EndpointSlice): void {
    this.#record(`+slice ${namespace}/${name} of ${service}: ${endpoints.length}`);
  }

  deleteSlice(namespace: string, name: string): void {
    this.#record(`-slice ${namespace}/${name}`);
  }

  upsertNode({ name, ips }: NodeFacts): void {
    this.#record(`+node ${name} ${ips.join(',')}`);
  }

  deleteNode(name: string): void {
    this.#record(`-node ${name}`);
  }

  setServiceCidrs(name: string, cidrs: readonly Cidr[] | undefined): void {
    this.#record(cidrs === undefined ? `-cidrs ${name}` : `+cidrs ${name} ${cidrs.join(',')}`);
  }

  problem(problem: LocatedProblem): void {
    this.#record(`problem ${formatProblem(problem)}`);
  }

  changed(): void {
    this.#record('changed');
  }

  #record(line: string): void {
    this.#lines.push(line);
    this.#onLine?.();
  }
}
