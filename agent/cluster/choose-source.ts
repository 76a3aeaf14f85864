/** Where `run` reads the cluster from: manifest files if they are named, else the API server. */
import type { AgentConfig } from '../config/agent-config.ts';
import { EventRecorder, type EventRecorderOptions } from '../events/event-recorder.ts';
import type { Logger } from '../log.ts';
import { ApiClient } from './api/api-client.ts';
import type { ApiError } from './api/api-error.ts';
import { SYSTEM_CLOCK } from './api/clock.ts';
import type { ApiObserver } from './api/observer.ts';
import { createManifestSource } from './manifest-source.ts';
import type { ClusterSource } from './source.ts';

/** What decides. */
export interface SourceOptions {
  /** The path of manifests, if any. */
  readonly manifests: string | undefined;
  /** The API server's address; empty when the kubeconfig file or the pod says. */
  readonly master: string;
  readonly config: AgentConfig;
  readonly nodeName: string;
  readonly log: Logger;
}

/** A source, once somebody who observes its requests is there. */
export interface ChosenSource {
  /** Whether it is an API server, where a Node object may come late and be changed by controllers. */
  readonly isApiServer: boolean;
  create(observer: ApiObserver): ClusterSource;
  /** What writes Events where the source is; absent where there is nobody to write to. */
  createEventRecorder?(observer: RecorderObserver): EventRecorder;
}

/** Who wants to know of events that are written. */
export type RecorderObserver = Pick<ApiObserver, 'answered'> &
  Pick<EventRecorderOptions, 'counted'>;

/** Chooses. Rejects with a ConfigError when there is nothing to read from. */
export async function chooseSource(options: SourceOptions): Promise<ChosenSource> {
  const { manifests, master, config, nodeName, log } = options;
  if (manifests !== undefined) {
    const source = createManifestSource({ path: manifests, stdin: process.stdin });
    return { isApiServer: false, create: () => source };
  }
  // Only now: loading the API client takes a while, and much memory.
  const { connect } = await import('./api/connect.ts');
  const connection = connect({ kubeconfig: config.kubeconfig, master });
  const { createApiSource } = await import('./api/api-source.ts');
  const { HttpTransport } = await import('./api/transport.ts');
  log.info({ server: connection.server }, 'reading from the API server');
  return {
    isApiServer: true,
    create: (observer) =>
      createApiSource({
        nodeName,
        transport: new HttpTransport(connection),
        observer: { ...observer, ...outageLog(log) },
      }),
    createEventRecorder: (observer) =>
      new EventRecorder({
        client: new ApiClient(new HttpTransport(connection), SYSTEM_CLOCK, observer),
        nodeName,
        clock: SYSTEM_CLOCK,
        log,
        counted: observer.counted,
      }),
  };
}

// --- internal ---

function outageLog(log: Logger): ApiObserver {
  return {
    away({ kinds, viewAgeMs, error }) {
      log.warn(
        { kinds, viewAgeSeconds: seconds(viewAgeMs), error: error.message },
        `the API server ${isRefusal(error) ? 'refuses us' : 'is away'}: the rules stay as they are`,
      );
    },
    back(lastedMs) {
      log.info({ awaySeconds: seconds(lastedMs) }, 'the API server can be read again');
    },
    absent(kind, error) {
      log.info({ kind, reason: error.message }, 'the API server does not serve this kind to us');
    },
  };
}

/** Whether it is there, and credentials or roles are what is wrong. */
function isRefusal({ code }: ApiError): boolean {
  return code === 'unauthorized' || code === 'forbidden';
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}
