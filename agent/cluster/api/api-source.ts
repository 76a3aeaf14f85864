/** The cluster as the API server has it: one reflector a kind. */
import type { ClusterSource } from '../source.ts';
import { ApiClient } from './api-client.ts';
import { SYSTEM_CLOCK, type Clock } from './clock.ts';
import { apiKinds } from './kinds.ts';
import type { ApiObserver } from './observer.ts';
import { OutageReporter } from './outage-reporter.ts';
import { Reflector } from './reflector.ts';
import type { ApiTransport } from './transport.ts';
import { untilAborted } from './until-aborted.ts';

/** What to follow, and how. */
export interface ApiSourceOptions {
  /** The one Node that is read. */
  readonly nodeName: string;
  /** Closed when the source stops. */
  readonly transport: ApiTransport;
  readonly observer?: ApiObserver;
}

/**
 * A source that follows the API server. Its start waits for as long as the server is away, and rejects
 * only when the signal aborts.
 */
export function createApiSource(options: ApiSourceOptions): ClusterSource {
  return createApiSourceWith(options, SYSTEM_CLOCK);
}

/** The same with a given clock. */
export function createApiSourceWith(options: ApiSourceOptions, clock: Clock): ClusterSource {
  const { nodeName, transport, observer = {} } = options;
  const client = new ApiClient(transport, clock, observer);
  let reflectors: readonly Reflector[] = [];
  const freshness = () => reflectors.flatMap((reflector) => reflector.freshness() ?? []);
  const viewAgeMsOf = (kind: string) =>
    freshness().find((each) => each.kind === kind)?.viewAgeMs ?? 0;
  const outages = new OutageReporter(clock, observer, viewAgeMsOf);
  return {
    async start(sink, signal) {
      signal.throwIfAborted();
      reflectors = apiKinds(nodeName).map(
        (kind) => new Reflector({ kind, client, clock, sink, observer, outages }),
      );
      signal.addEventListener(
        'abort',
        () => {
          client.close();
        },
        { once: true },
      );
      for (const reflector of reflectors) void reflector.run(signal);
      await untilAborted(Promise.all(reflectors.map(({ synced }) => synced)), signal);
    },
    freshness,
  };
}
